//! Pickle opcodes and their operands.
