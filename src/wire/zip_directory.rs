//! zip_directory
