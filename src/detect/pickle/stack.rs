//! The stack and its marks, with the C unpickler's rules about what may be
//! taken from where.

use super::value::Value;

/// Values on the stack of one stream before the walk is given up.
pub const STACK_CAP: usize = 1 << 22;

/// Why an operation on the stack is impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// Nothing is left above the last mark.
    #[error("the stack is empty")]
    Underflow,
    /// A mark is wanted and there is none.
    #[error("a mark is missing")]
    NoMark,
    /// Pairs are wanted and one is incomplete.
    #[error("an odd number of items where pairs are wanted")]
    Odd,
    /// More values than [`STACK_CAP`].
    #[error("the stack is deeper than is followed")]
    Full,
}

/// A pickle's stack with its marks.
#[derive(Debug, Default)]
pub struct Stack {
    values: Vec<Value>,
    marks: Vec<usize>,
}

impl Stack {
    /// Values cannot be taken from below this.
    #[inline]
    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    /// Put a value on top.
    #[inline]
    pub fn push(&mut self, value: Value) -> Result<(), StackError> {
        if self.values.len() >= STACK_CAP {
            return Err(StackError::Full);
        }
        self.values.push(value);
        Ok(())
    }

    /// Set a mark.
    pub fn mark(&mut self) -> Result<(), StackError> {
        if self.marks.len() >= STACK_CAP {
            return Err(StackError::Full);
        }
        self.marks.push(self.values.len());
        Ok(())
    }

    /// Take the value on top.
    #[inline]
    pub fn pop(&mut self) -> Result<Value, StackError> {
        if self.values.len() <= self.fence() {
            return Err(StackError::Underflow);
        }
        self.values.pop().ok_or(StackError::Underflow)
    }

    /// The value on top.
    #[inline]
    pub fn top(&self) -> Result<Value, StackError> {
        match self.values.last() {
            Some(&value) if self.values.len() > self.fence() => Ok(value),
            _ => Err(StackError::Underflow),
        }
    }

    /// `POP`: takes a mark if that is on top.
    pub fn pop_any(&mut self) -> Result<(), StackError> {
        if self.marks.last() == Some(&self.values.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(|_| ())
    }

    /// Take everything above the last mark, and the mark.
    pub fn pop_mark(&mut self, out: &mut Vec<Value>) -> Result<(), StackError> {
        let at = self.marks.pop().ok_or(StackError::NoMark)?;
        out.clear();
        out.extend_from_slice(self.values.get(at..).unwrap_or_default());
        self.values.truncate(at);
        Ok(())
    }

    /// Take the `n` values on top.
    pub fn pop_many(&mut self, n: usize, out: &mut Vec<Value>) -> Result<(), StackError> {
        let at = self
            .values
            .len()
            .checked_sub(n)
            .filter(|&at| at >= self.fence())
            .ok_or(StackError::Underflow)?;
        out.clear();
        out.extend_from_slice(self.values.get(at..).unwrap_or_default());
        self.values.truncate(at);
        Ok(())
    }

    /// Put another value in the place of the one on top.
    pub fn replace_top(&mut self, value: Value) {
        if let Some(top) = self.values.last_mut() {
            *top = value;
        }
    }

    /// Every value that is held.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        self.values.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_from_below_a_mark() {
        let mut stack = Stack::default();
        let mut out = Vec::new();
        stack.push(Value::None).unwrap();
        stack.mark().unwrap();
        assert_eq!(stack.pop(), Err(StackError::Underflow));
        assert_eq!(stack.top(), Err(StackError::Underflow));
        assert_eq!(stack.pop_many(1, &mut out), Err(StackError::Underflow));
        stack.push(Value::Float).unwrap();
        stack.pop_mark(&mut out).unwrap();
        assert_eq!(out, [Value::Float]);
        assert_eq!(stack.pop_mark(&mut out), Err(StackError::NoMark));
        assert_eq!(stack.pop(), Ok(Value::None));
        assert_eq!(stack.pop(), Err(StackError::Underflow));
    }

    #[test]
    fn pop_takes_a_mark_that_is_on_top() {
        let mut stack = Stack::default();
        stack.mark().unwrap();
        assert_eq!(stack.pop_any(), Ok(()));
        assert_eq!(stack.pop_any(), Err(StackError::Underflow));
    }
}
