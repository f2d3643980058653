//! A template as a tree, in our own words.

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    /// A variable.
    Name(String),
    /// A literal.
    Text(String),
    /// A literal.
    Whole(i64),
    /// A float, a truth value or none.
    Plain,
    /// A list or a tuple.
    List(Vec<Expr>),
    /// A dictionary.
    Map(Vec<(Expr, Expr)>),
    /// `value.name`
    Attribute(Box<Expr>, String),
    /// `value[key]`
    Item(Box<Expr>, Box<Expr>),
    /// `value[start:stop:step]`
    Slice(Box<Expr>, Box<[Option<Expr>; 3]>),
    /// `-value` or `not value`
    Negated(Box<Expr>),
    /// Two operands.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// A comparison of more than two.
    Compared(Vec<Expr>),
    /// `yes if test else no`
    Choice(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// `value | name(arguments)`; without a value where a block is filtered.
    Filter(String, Option<Box<Expr>>, Arguments),
    /// `value is a_test(arguments)`
    Test(Box<Expr>, Arguments),
    /// `callee(arguments)`
    Call(Box<Expr>, Arguments),
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `+` and `~`
    Join,
    /// `*`
    Times,
    /// `%`
    Percent,
    /// `**`
    Power,
    /// `and`, `or`
    Either,
    /// `in`
    In,
    /// `==`
    Equal,
    /// Any other.
    Other,
}

/// What a call or a filter is given.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// By position.
    pub(super) by_place: Vec<Expr>,
    /// By name; what is unpacked with `*` has that one, with `**` an empty one.
    pub(super) by_name: Vec<(String, Expr)>,
}

/// A statement and where it stands.
#[derive(Debug)]
pub(super) struct Statement {
    /// Offset in the plain spelling.
    pub(super) at: u32,
    /// What it is.
    pub(super) kind: Kind,
}

/// A parameter of a macro, and its default.
pub(super) type Parameter = (String, Option<Expr>);

/// What a statement is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Text or a value is written.
    Write(Expr),
    /// A loop.
    For {
        /// What takes the elements.
        target: Expr,
        /// What they are elements of.
        over: Expr,
        /// Which of them are taken.
        filter: Option<Expr>,
        /// What is done with each.
        body: Vec<Statement>,
        /// What is done if there is none.
        otherwise: Vec<Statement>,
    },
    /// A condition.
    If {
        /// The condition.
        test: Expr,
        /// What is done if it holds.
        yes: Vec<Statement>,
        /// What is done if not.
        no: Vec<Statement>,
    },
    /// Variables for a stretch.
    With(Vec<(Expr, Expr)>, Vec<Statement>),
    /// A value is given to a variable or to a field of a namespace.
    Set(Expr, Expr),
    /// What a stretch writes, through a filter, is given to a variable.
    Capture(Expr, Option<Expr>, Vec<Statement>),
    /// A stretch goes through a filter.
    Filtered(Expr, Vec<Statement>),
    /// A stretch with a name, or without.
    Stretch(Vec<Statement>),
    /// Another template is taken in: the statement, and what it names.
    Import(&'static str, Vec<Expr>),
    /// A macro.
    Macro {
        /// Its name.
        name: String,
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// What it writes.
        body: Vec<Statement>,
    },
    /// A macro is called with a stretch as its caller.
    CallBlock {
        /// The call.
        call: Expr,
        /// Parameters of the caller.
        parameters: Vec<Parameter>,
        /// What the caller writes.
        body: Vec<Statement>,
    },
}
