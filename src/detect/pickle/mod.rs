//! The symbolic pickle machine.
