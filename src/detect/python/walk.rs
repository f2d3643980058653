//! Statements, and which code runs when.
//!
//! The top of a module runs when it is imported: with it class bodies,
//! decorators, defaults, and whatever functions they call. Bodies of functions
//! are walked after it, when every global is known. A *unit* is code that runs
//! at one time: the top, what stands behind `if __name__ == "__main__"`, and
//! each function.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged as _, TextRange};

use super::reach::{Program, Reach};
use super::value::Value;
use crate::budget::{Budget, Stop};
use crate::detect::bytecode::Weight;

/// The unit that is the top of the module.
pub(super) const TOP: usize = 0;

/// The unit that runs only where the file is run as a program.
pub(super) const MAIN: usize = 1;

/// Functions and classes of one source that are told apart.
const UNITS_CAP: usize = 1 << 16;

/// Expressions between two looks at the clock.
const STEPS_PER_CHECK: u64 = 4096;

/// Expressions that are looked at once more, in loops and in calls of the
/// program's own functions.
const AGAIN_CAP_STEPS: u64 = 1 << 19;

/// Statements in the body of a loop that is followed round by round.
const LOOP_CAP_STATEMENTS: usize = 4;

/// Code that runs at one time.
pub(super) struct Unit<'a> {
    /// Its name; `None` for the top.
    pub name: Option<String>,
    pub body: Body<'a>,
    /// The unit around it.
    pub parent: usize,
    /// The class that it is a method of.
    pub class: Option<usize>,
    pub locals: HashMap<String, Value>,
    /// What it returns, where that is seen.
    pub returns: Value,
}

/// The code of a unit.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    /// It was walked where it stands.
    None,
    Function(&'a ast::StmtFunctionDef),
    Lambda(&'a ast::ExprLambda),
}

/// A class of the program.
#[derive(Default)]
pub(super) struct Class {
    pub names: HashMap<String, Value>,
    /// Paths of its bases, as far as they are known.
    pub bases: Vec<Rc<str>>,
}

/// Counts work.
#[derive(Clone)]
pub(super) struct Meter<'b> {
    pub budget: &'b Budget,
    pub steps: u64,
    /// Steps of work that was done before.
    pub again: u64,
    /// Bytes that computations gave.
    pub computed: usize,
    /// Sources in constants that were walked.
    pub nested: u32,
    pub stopped: Option<Stop>,
}

impl<'b> Meter<'b> {
    pub fn new(budget: &'b Budget) -> Self {
        Meter {
            budget,
            steps: 0,
            again: 0,
            computed: 0,
            nested: 0,
            stopped: None,
        }
    }

    /// Count an expression; whether there is time for it.
    pub fn step(&mut self) -> bool {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(STEPS_PER_CHECK)
            && let Err(stop) = self.budget.check()
        {
            self.stopped = Some(stop);
        }
        self.stopped.is_none()
    }
}

/// A walk over one source.
pub(super) struct Walk<'a, 'b> {
    pub units: Vec<Unit<'a>>,
    pub classes: Vec<Class>,
    /// The units by where they stand.
    pub defined: HashMap<(u32, u32), usize>,
    pub globals: HashMap<String, Value>,
    /// Modules of which every name was imported.
    pub stars: Vec<String>,
    /// The unit at hand.
    pub unit: usize,
    /// The class whose body is at hand.
    pub class: Option<usize>,
    /// Who runs whom.
    pub edges: HashSet<(usize, usize)>,
    /// What was found, with the unit that does it.
    pub told: Vec<(usize, Reach)>,
    pub seen: HashSet<(usize, usize, String)>,
    pub weights: HashMap<Rc<str>, Option<Weight>>,
    pub program: Program,
    pub meter: Meter<'b>,
    /// Calls of own functions that are being followed with their arguments.
    pub inlined: u32,
    /// Sources around this one.
    pub wrapped: u32,
    /// Stack that this source needs, in bytes.
    pub stack_bytes: usize,
    /// The value of the last statement that is an expression.
    pub last: Value,
}

impl<'a, 'b> Walk<'a, 'b> {
    pub fn new(
        meter: Meter<'b>,
        globals: HashMap<String, Value>,
        wrapped: u32,
        stack_bytes: usize,
    ) -> Self {
        let unit = |name: Option<&str>| Unit {
            name: name.map(str::to_owned),
            body: Body::None,
            parent: TOP,
            class: None,
            locals: HashMap::new(),
            returns: Value::Unknown,
        };
        Walk {
            units: vec![unit(None), unit(None)],
            classes: Vec::new(),
            defined: HashMap::new(),
            globals,
            stars: Vec::new(),
            unit: TOP,
            class: None,
            edges: HashSet::new(),
            told: Vec::new(),
            seen: HashSet::new(),
            weights: HashMap::new(),
            program: Program::default(),
            meter,
            inlined: 0,
            wrapped,
            stack_bytes,
            last: Value::Unknown,
        }
    }

    /// Walk a module: its top, then every function.
    pub fn module(&mut self, body: &'a [Stmt]) {
        self.statements(body);
        let mut next = 2;
        while let Some(unit) = self.units.get(next) {
            let body = unit.body;
            self.unit = next;
            self.class = None;
            match body {
                Body::None => {}
                Body::Function(function) => self.statements(&function.body),
                Body::Lambda(lambda) => {
                    let value = self.expr(&lambda.body);
                    self.returns(value);
                }
            }
            next = next.saturating_add(1);
        }
        self.unit = TOP;
    }

    pub fn statements(&mut self, body: &'a [Stmt]) {
        for statement in body {
            if self.meter.stopped.is_some() {
                return;
            }
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.define(function),
            Stmt::ClassDef(class) => self.define_class(class),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => {
                let value = self.expr(&assign.value);
                for target in &assign.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.expr(value);
                    self.assign(&assign.target, value);
                }
                self.expr(&assign.annotation);
            }
            Stmt::AugAssign(assign) => {
                let before = self.expr(&assign.target);
                let value = self.expr(&assign.value);
                let value = self.binary(assign.op, &before, &value);
                self.assign(&assign.target, value);
            }
            Stmt::Expr(expression) => self.last = self.expr(&expression.value),
            Stmt::Return(given) => {
                let value = given.value.as_ref().map(|value| self.expr(value));
                self.returns(value.unwrap_or_default());
            }
            Stmt::If(branch) => self.branch(branch),
            Stmt::For(round) => self.round(round),
            other => self.compound(other),
        }
    }

    /// Statements that hold others, and those that only evaluate.
    fn compound(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::While(round) => {
                self.expr(&round.test);
                self.statements(&round.body);
                self.statements(&round.orelse);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let value = self.expr(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, value);
                    }
                }
                self.statements(&with.body);
            }
            Stmt::Try(attempt) => {
                self.statements(&attempt.body);
                for ast::ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    self.statements(&handler.body);
                }
                self.statements(&attempt.orelse);
                self.statements(&attempt.finalbody);
            }
            Stmt::Match(choice) => {
                self.expr(&choice.subject);
                for case in &choice.cases {
                    if let Some(guard) = &case.guard {
                        self.expr(guard);
                    }
                    self.statements(&case.body);
                }
            }
            Stmt::Raise(raise) => {
                let parts = [raise.exc.as_deref(), raise.cause.as_deref()];
                self.each(parts.into_iter().flatten());
            }
            Stmt::Assert(assert) => {
                let parts = [Some(&*assert.test), assert.msg.as_deref()];
                self.each(parts.into_iter().flatten());
            }
            Stmt::Delete(delete) => self.each(&delete.targets),
            Stmt::IpyEscapeCommand(line) => {
                self.escape_line(line.kind, &line.value, line.range());
            }
            _ => {}
        }
    }

    /// Evaluate for what it does alone.
    pub fn each(&mut self, all: impl IntoIterator<Item = &'a Expr>) {
        for one in all {
            self.expr(one);
        }
    }

    fn branch(&mut self, branch: &'a ast::StmtIf) {
        if is_type_checking(&branch.test) {
            self.import_only(&branch.body);
        } else {
            let test = self.expr(&branch.test);
            let unit = self.unit;
            if test == Value::IsMain && unit == TOP {
                self.unit = MAIN;
            }
            self.statements(&branch.body);
            self.unit = unit;
        }
        for clause in &branch.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.expr(test);
            }
            self.statements(&clause.body);
        }
    }

    /// What only type checkers run still says what names mean.
    fn import_only(&mut self, body: &'a [Stmt]) {
        for statement in body {
            match statement {
                Stmt::Import(import) => self.import(import),
                Stmt::ImportFrom(import) => self.import_from(import),
                _ => {}
            }
        }
    }

    /// A loop over constants that computes is followed round by round.
    fn round(&mut self, round: &'a ast::StmtFor) {
        let over = self.expr(&round.iter);
        let is_plain = |s: &Stmt| matches!(s, Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::Expr(_));
        let computes = round.body.len() <= LOOP_CAP_STATEMENTS && round.body.iter().all(is_plain);
        let elements = match computes {
            true => self.elements(&over),
            false => None,
        };
        match elements {
            Some(elements) => {
                for element in elements {
                    if !self.again(|walk| {
                        walk.assign(&round.target, element);
                        walk.statements(&round.body);
                    }) {
                        break;
                    }
                }
            }
            None => {
                let each = over.origin().map_or(Value::Unknown, Value::From);
                self.assign(&round.target, each);
                self.statements(&round.body);
            }
        }
        self.statements(&round.orelse);
    }

    /// Do work that may be done often; whether there is some left for it.
    pub fn again(&mut self, work: impl FnOnce(&mut Self)) -> bool {
        if self.meter.again >= AGAIN_CAP_STEPS || self.meter.stopped.is_some() {
            return false;
        }
        let before = self.meter.steps;
        work(self);
        let spent = self.meter.steps.saturating_sub(before);
        self.meter.again = self.meter.again.saturating_add(spent.max(1));
        true
    }

    fn define(&mut self, function: &'a ast::StmtFunctionDef) {
        let parameters = self.parameters(&function.parameters);
        if let Some(returns) = &function.returns {
            self.expr(returns);
        }
        let body = Body::Function(function);
        let name = function.name.id.as_str();
        let mut value = self.unit_of(Some(name), body, parameters, function.range());
        for decorator in function.decorator_list.iter().rev() {
            let by = self.expr(&decorator.expression);
            let what = self.apply(&by, vec![value.clone()], Vec::new(), decorator.range());
            // Most decorators give back what they get, wrapped.
            if matches!(what, Value::Partial(..) | Value::Function(_)) {
                value = what;
            }
        }
        self.bind(name, value);
    }

    /// A new unit, walked later.
    pub fn unit_of(
        &mut self,
        name: Option<&str>,
        body: Body<'a>,
        parameters: Vec<&'a str>,
        range: TextRange,
    ) -> Value {
        if self.units.len() >= UNITS_CAP {
            self.limit("functions");
            return Value::Unknown;
        }
        let place = (range.start().to_u32(), range.end().to_u32());
        if let Some(id) = self.defined.get(&place) {
            // It is walked again, in a loop or for a call.
            return Value::Function(*id);
        }
        let class = self.class.filter(|_| name.is_some());
        let mut locals: HashMap<String, Value> = HashMap::new();
        for (index, parameter) in parameters.into_iter().enumerate() {
            let value = match class {
                Some(class) if index == 0 => Value::Instance(class),
                _ => Value::Unknown,
            };
            locals.insert(parameter.to_owned(), value);
        }
        let id = self.units.len();
        self.defined.insert(place, id);
        self.units.push(Unit {
            name: name.map(str::to_owned),
            body,
            parent: self.unit,
            class,
            locals,
            returns: Value::Unknown,
        });
        Value::Function(id)
    }

    /// Evaluate defaults and annotations, which happens where a function is
    /// defined, and give the names.
    pub fn parameters(&mut self, parameters: &'a ast::Parameters) -> Vec<&'a str> {
        let ordinary = parameters.posonlyargs.iter().chain(&parameters.args);
        let mut names = Vec::new();
        for one in ordinary.chain(&parameters.kwonlyargs) {
            if let Some(default) = &one.default {
                self.expr(default);
            }
            if let Some(annotation) = &one.parameter.annotation {
                self.expr(annotation);
            }
            names.push(one.parameter.name.id.as_str());
        }
        for rest in [&parameters.vararg, &parameters.kwarg]
            .into_iter()
            .flatten()
        {
            names.push(rest.name.id.as_str());
        }
        names
    }

    fn define_class(&mut self, class: &'a ast::StmtClassDef) {
        let mut bases = Vec::new();
        if let Some(arguments) = &class.arguments {
            for base in &arguments.args {
                match self.expr(base) {
                    Value::Path(path, _) => bases.push(path),
                    Value::Class(of) => {
                        let of = self.classes.get(of).map(|c| c.bases.clone());
                        bases.extend(of.unwrap_or_default());
                    }
                    _ => {}
                }
            }
            for keyword in &arguments.keywords {
                let value = self.expr(&keyword.value);
                if keyword
                    .arg
                    .as_ref()
                    .is_some_and(|name| name.id.as_str() == "metaclass")
                {
                    self.apply(&value, Vec::new(), Vec::new(), class.range());
                }
            }
        }
        if self.classes.len() >= UNITS_CAP {
            self.limit("classes");
            return self.statements(&class.body);
        }
        let id = self.classes.len();
        self.classes.push(Class {
            bases,
            ..Class::default()
        });
        let around = self.class.replace(id);
        self.statements(&class.body);
        self.class = around;
        for decorator in &class.decorator_list {
            let by = self.expr(&decorator.expression);
            self.apply(&by, vec![Value::Class(id)], Vec::new(), decorator.range());
        }
        self.bind(class.name.id.as_str(), Value::Class(id));
    }

    pub fn returns(&mut self, value: Value) {
        if value != Value::Unknown
            && let Some(unit) = self.units.get_mut(self.unit)
        {
            unit.returns = value;
        }
    }

    pub fn limit(&mut self, what: &'static str) {
        if !self.program.limits.contains(&what) {
            self.program.limits.push(what);
        }
    }
}

/// `TYPE_CHECKING`, which is false while a program runs.
fn is_type_checking(test: &Expr) -> bool {
    let name = match test {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.id.as_str(),
        _ => return false,
    };
    name == "TYPE_CHECKING"
}
