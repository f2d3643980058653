//! Expressions: what they are, and what evaluating them does.

use ruff_python_ast::{self as ast, Expr, InterpolatedStringElement, Number, Operator};
use ruff_text_size::Ranged as _;

use super::value::{LIST_CAP, Made, Value};
use super::walk::{Body, Walk};
use crate::detect::constants::{self, Datum};

/// Bytes that all computations of one source may give.
const COMPUTED_CAP_BYTES: usize = 64 << 20;

impl<'a> Walk<'a, '_> {
    /// Evaluate an expression.
    pub fn expr(&mut self, expr: &'a Expr) -> Value {
        if !self.meter.step() {
            return Value::Unknown;
        }
        match expr {
            Expr::Name(name) => self.lookup(name.id.as_str()),
            Expr::Attribute(attribute) => {
                let owner = self.expr(&attribute.value);
                self.attribute(&owner, attribute.attr.id.as_str(), Made::Plain)
            }
            Expr::Call(call) => self.call(call),
            Expr::StringLiteral(text) => match self.pays(text.value.len()) {
                true => Value::text(text.value.to_str()),
                false => Value::Unknown,
            },
            Expr::BytesLiteral(bytes) => {
                if !self.pays(bytes.value.len()) {
                    return Value::Unknown;
                }
                let all: Vec<u8> = bytes
                    .value
                    .iter()
                    .flat_map(|part| part.value.iter().copied())
                    .collect();
                Value::constant(Datum::Bytes(all), Made::Plain)
            }
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => int.as_i64().map_or(Value::Unknown, Value::int),
                _ => Value::Unknown,
            },
            Expr::BooleanLiteral(truth) => Value::int(i64::from(truth.value)),
            Expr::NoneLiteral(_) => Value::constant(Datum::None, Made::Plain),
            Expr::EllipsisLiteral(_) => Value::Unknown,
            Expr::List(list) => self.sequence(&list.elts),
            Expr::Tuple(tuple) => self.sequence(&tuple.elts),
            Expr::Set(set) => self.sequence(&set.elts),
            Expr::BinOp(binary) => {
                let left = self.expr(&binary.left);
                let right = self.expr(&binary.right);
                self.binary(binary.op, &left, &right)
            }
            Expr::UnaryOp(unary) => {
                let value = self.expr(&unary.operand);
                negated(unary.op, &value)
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Compare(compare) => self.compare(compare),
            Expr::FString(text) => self.interpolated(text.value.elements()),
            _ => self.rest(expr),
        }
    }

    /// Expressions whose value is seldom known.
    fn rest(&mut self, expr: &'a Expr) -> Value {
        match expr {
            Expr::BoolOp(all) => {
                let values: Vec<Value> = all.values.iter().map(|one| self.expr(one)).collect();
                let is_main = values.contains(&Value::IsMain) && all.op == ast::BoolOp::And;
                match is_main {
                    true => Value::IsMain,
                    // `x or default`: any of them may be it.
                    false => values
                        .into_iter()
                        .find(|v| matches!(v, Value::Path(..)))
                        .unwrap_or_default(),
                }
            }
            Expr::Named(named) => {
                let value = self.expr(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref();
                let parameters = parameters
                    .map(|all| self.parameters(all))
                    .unwrap_or_default();
                self.unit_of(None, Body::Lambda(lambda), parameters, lambda.range())
            }
            Expr::If(choice) => {
                self.expr(&choice.test);
                let yes = self.expr(&choice.body);
                let no = self.expr(&choice.orelse);
                if yes == Value::Unknown { no } else { yes }
            }
            Expr::Dict(dict) => {
                for item in &dict.items {
                    self.each(&item.key);
                    self.expr(&item.value);
                }
                Value::Unknown
            }
            Expr::ListComp(all) => self.comprehension(&all.elt, None, &all.generators),
            Expr::SetComp(all) => self.comprehension(&all.elt, None, &all.generators),
            Expr::Generator(all) => self.comprehension(&all.elt, None, &all.generators),
            Expr::DictComp(all) => {
                self.comprehension(&all.value, all.key.as_deref(), &all.generators);
                Value::Unknown
            }
            Expr::Await(inner) => self.expr(&inner.value),
            Expr::Starred(inner) => self.expr(&inner.value),
            Expr::YieldFrom(inner) => self.expr(&inner.value),
            Expr::Yield(inner) => {
                self.each(inner.value.as_deref());
                Value::Unknown
            }
            Expr::TString(text) => self.interpolated(text.value.elements()),
            Expr::Slice(slice) => {
                let parts = [&slice.lower, &slice.upper, &slice.step];
                let mut ends = [None; 3];
                for (end, part) in ends.iter_mut().zip(parts) {
                    let Some(part) = part else { continue };
                    match self.expr(part).datum() {
                        Some((Datum::Int(n), _)) => *end = Some(n),
                        Some((Datum::None, _)) => {}
                        _ => return Value::Unknown,
                    }
                }
                Value::constant(Datum::Slice(ends), Made::Plain)
            }
            Expr::IpyEscapeCommand(line) => {
                self.escape_line(line.kind, &line.value, line.range());
                Value::Unknown
            }
            _ => Value::Unknown,
        }
    }

    fn sequence(&mut self, elements: &'a [Expr]) -> Value {
        let mut items = Vec::new();
        let mut is_known = true;
        for element in elements {
            let value = self.expr(element);
            if !is_known || items.len() >= LIST_CAP {
                is_known = false;
                continue;
            }
            match (element, &value) {
                (Expr::Starred(_), Value::List(more)) => items.extend(more.iter().cloned()),
                (Expr::Starred(_), _) => is_known = false,
                _ => items.push(value),
            }
        }
        match is_known {
            true => Value::list(items),
            false => Value::Unknown,
        }
    }

    pub fn binary(&mut self, op: Operator, left: &Value, right: &Value) -> Value {
        let worst = || {
            left.origin()
                .max(right.origin())
                .map_or(Value::Unknown, Value::From)
        };
        if let (Operator::Add, Value::List(a), Value::List(b)) = (op, left, right) {
            return match self.pays(a.len().saturating_add(b.len()).saturating_mul(8)) {
                true => Value::list(a.iter().chain(b.iter()).cloned().collect()),
                false => Value::Unknown,
            };
        }
        let both = (self.datum(left), self.datum(right));
        let (Some((a, how_a)), Some((b, how_b))) = both else {
            return worst();
        };
        let made = how_a.max(how_b);
        if let (Datum::Int(a), Datum::Int(b)) = (&a, &b) {
            let number = arithmetic(op, *a, *b);
            return number.map_or(Value::Unknown, |n| Value::constant(Datum::Int(n), made));
        }
        let name = match op {
            Operator::Add => "__add__",
            Operator::Mod => "__mod__",
            Operator::Mult => "__mul__",
            _ => return worst(),
        };
        let function = constants::method(name);
        self.compute(function, &[a, b], made.max(Made::Built))
            .unwrap_or_else(worst)
    }

    /// Spend bytes of what may be computed; whether that many are left.
    pub fn pays(&mut self, bytes: usize) -> bool {
        if self.meter.computed >= COMPUTED_CAP_BYTES {
            self.limit("computed constants");
            return false;
        }
        self.meter.computed = self.meter.computed.saturating_add(bytes).saturating_add(8);
        true
    }

    /// The constant that a value is, while there is room for it.
    pub fn datum(&mut self, value: &Value) -> Option<(Datum, Made)> {
        let len = match value {
            Value::Const(datum, _) => size(datum),
            Value::List(items) => items.len().saturating_mul(16),
            _ => 0,
        };
        self.pays(len).then(|| value.datum())?
    }

    /// The elements of a value, while there is room for them.
    pub fn elements(&mut self, value: &Value) -> Option<Vec<Value>> {
        let len = match value {
            Value::List(items) => items.len(),
            Value::Const(datum, _) => size(datum).min(LIST_CAP),
            _ => 0,
        };
        self.pays(len.saturating_mul(8)).then(|| value.elements())?
    }

    /// Compute with constants, within what may be computed.
    pub fn compute(
        &mut self,
        function: Option<constants::Function>,
        args: &[Datum],
        made: Made,
    ) -> Option<Value> {
        let given: usize = args.iter().map(size).sum();
        if !self.pays(given) {
            return None;
        }
        let result = function?(args)?;
        self.pays(size(&result))
            .then(|| Value::computed(result, made))
    }

    fn subscript(&mut self, subscript: &'a ast::ExprSubscript) -> Value {
        let owner = self.expr(&subscript.value);
        let key = self.expr(&subscript.slice);
        self.item(&owner, &key, subscript.range())
    }

    fn compare(&mut self, compare: &'a ast::ExprCompare) -> Value {
        let left = self.expr(&compare.left);
        let mut others = compare.comparators.iter().map(|one| self.expr(one));
        let first = others.next();
        others.for_each(drop);
        let is_name = |v: &Value| v.as_path() == Some("builtins.__name__");
        let is_main = |v: &Value| v.as_text().is_some_and(|(text, _)| text == "__main__");
        match (first, &*compare.ops) {
            (Some(right), [ast::CmpOp::Eq])
                if is_name(&left) && is_main(&right) || is_main(&left) && is_name(&right) =>
            {
                Value::IsMain
            }
            _ => Value::Unknown,
        }
    }

    fn interpolated(
        &mut self,
        elements: impl Iterator<Item = &'a InterpolatedStringElement>,
    ) -> Value {
        let mut text = Some(String::new());
        let mut made = Made::Plain;
        let mut origin = None;
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    if let Some(text) = &mut text {
                        text.push_str(&literal.value);
                    }
                }
                InterpolatedStringElement::Interpolation(part) => {
                    let value = self.expr(&part.expression);
                    origin = origin.max(value.origin());
                    made = made.max(Made::Built);
                    if let Some(spec) = &part.format_spec {
                        self.interpolated(spec.elements.iter());
                    }
                    let datum = self.datum(&value);
                    text = match (text, datum) {
                        (Some(text), Some((datum, how))) if part.format_spec.is_none() => {
                            made = made.max(how);
                            plain(&datum).map(|more| text + &more)
                        }
                        _ => None,
                    };
                }
            }
        }
        match text {
            Some(text) if text.len() <= constants::TEXT_CAP_BYTES => {
                Value::constant(Datum::Text(text), made)
            }
            _ => origin.map_or(Value::Unknown, Value::From),
        }
    }

    /// One generator without conditions over constants is followed.
    fn comprehension(
        &mut self,
        element: &'a Expr,
        key: Option<&'a Expr>,
        generators: &'a [ast::Comprehension],
    ) -> Value {
        if let ([only], None) = (generators, key)
            && only.ifs.is_empty()
        {
            let over = self.expr(&only.iter);
            if let Some(elements) = self.elements(&over) {
                return self.mapped(&only.target, element, elements);
            }
            let each = over.origin().map_or(Value::Unknown, Value::From);
            self.scoped(&only.target, each);
        } else {
            for generator in generators {
                self.expr(&generator.iter);
                self.scoped(&generator.target, Value::Unknown);
                self.each(&generator.ifs);
            }
        }
        self.each(key);
        let value = self.expr(element);
        value.origin().map_or(Value::Unknown, Value::From)
    }

    /// Names of a comprehension are its own; a global of that name stays.
    fn scoped(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) if self.unit <= super::walk::MAIN => {
                let known = self.lookup(name.id.as_str());
                if !matches!(known, Value::Path(ref path, _) if !path.starts_with("builtins.")) {
                    self.assign(target, value);
                }
            }
            _ => self.assign(target, value),
        }
    }

    fn mapped(&mut self, target: &'a Expr, element: &'a Expr, over: Vec<Value>) -> Value {
        let mut all = Vec::with_capacity(over.len());
        for one in over {
            let mut value = Value::Unknown;
            let done = self.again(|walk| {
                walk.scoped(target, one);
                value = walk.expr(element);
            });
            if !done {
                return Value::Unknown;
            }
            all.push(value);
        }
        Value::list(all)
    }
}

/// A text or a number as it shows in an interpolated text.
fn plain(datum: &Datum) -> Option<String> {
    match datum {
        Datum::Text(text) => Some(text.clone()),
        Datum::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

fn size(datum: &Datum) -> usize {
    match datum {
        Datum::Text(text) => text.len(),
        Datum::Bytes(bytes) => bytes.len(),
        Datum::List(items) => items.iter().map(|item| size(item).saturating_add(16)).sum(),
        _ => 8,
    }
}

fn arithmetic(op: Operator, a: i64, b: i64) -> Option<i64> {
    match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::Mod => a.checked_rem_euclid(b).filter(|_| b > 0),
        Operator::FloorDiv => a.checked_div_euclid(b).filter(|_| b > 0),
        Operator::BitXor => Some(a ^ b),
        Operator::BitAnd => Some(a & b),
        Operator::BitOr => Some(a | b),
        Operator::LShift => a.checked_shl(u32::try_from(b).ok()?),
        Operator::RShift => a.checked_shr(u32::try_from(b).ok()?),
        Operator::Pow => a.checked_pow(u32::try_from(b).ok()?),
        Operator::MatMult | Operator::Div => None,
    }
}

fn negated(op: ast::UnaryOp, value: &Value) -> Value {
    match (op, value.datum()) {
        (ast::UnaryOp::USub, Some((Datum::Int(n), made))) => {
            let number = n.checked_neg();
            number.map_or(Value::Unknown, |n| Value::constant(Datum::Int(n), made))
        }
        (ast::UnaryOp::Invert, Some((Datum::Int(n), made))) => {
            Value::constant(Datum::Int(!n), made)
        }
        _ => Value::Unknown,
    }
}
