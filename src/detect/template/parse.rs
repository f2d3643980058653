//! minijinja's parser and its tree, turned into ours. The only file that knows
//! them: the parser has no stable interface, and its version is pinned.
//!
//! What comes in was bounded by [`plain`](super::plain): the parser, the
//! dropping of its tree and the functions here call themselves as often as the
//! template nests.

use minijinja::machinery::ast::{self, Expr as Theirs, Stmt};
use minijinja::machinery::{Span, parse as parse_theirs};
use minijinja::syntax::SyntaxConfig;

use super::Broken;
use super::tree::{Arguments, Expr, Kind, Operator, Parameter, Statement};

/// Parse a template in plain spelling.
pub(super) fn parse(text: &str) -> Result<Vec<Statement>, Broken> {
    let parsed = parse_theirs(text, "template", SyntaxConfig::default());
    match parsed {
        Ok(Stmt::Template(template)) => Ok(statements(&template.children)),
        Ok(_) => Err(Broken("no template".to_owned())),
        Err(error) => {
            let why = error.detail().unwrap_or("a syntax error");
            Err(Broken(why.to_owned()))
        }
    }
}

fn statements(theirs: &[Stmt<'_>]) -> Vec<Statement> {
    theirs.iter().filter_map(statement).collect()
}

fn statement(theirs: &Stmt<'_>) -> Option<Statement> {
    let (span, kind) = match theirs {
        Stmt::EmitExpr(s) => (s.span(), Kind::Write(expr(&s.expr))),
        // Text is written as an expression; what is left is between tags.
        Stmt::EmitRaw(_) => return None,
        Stmt::Template(s) => (s.span(), Kind::Stretch(statements(&s.children))),
        Stmt::ForLoop(s) => (s.span(), for_loop(s)),
        Stmt::IfCond(s) => (s.span(), condition(s)),
        Stmt::WithBlock(s) => {
            let pairs = s.assignments.iter();
            let pairs = pairs.map(|(target, value)| (expr(target), expr(value)));
            (s.span(), Kind::With(pairs.collect(), statements(&s.body)))
        }
        Stmt::Set(s) => (s.span(), Kind::Set(expr(&s.target), expr(&s.expr))),
        Stmt::SetBlock(s) => {
            let filter = s.filter.as_ref().map(expr);
            let kind = Kind::Capture(expr(&s.target), filter, statements(&s.body));
            (s.span(), kind)
        }
        Stmt::AutoEscape(s) => (s.span(), Kind::Stretch(statements(&s.body))),
        Stmt::FilterBlock(s) => {
            let kind = Kind::Filtered(expr(&s.filter), statements(&s.body));
            (s.span(), kind)
        }
        Stmt::Macro(s) => (s.span(), macro_of(s)),
        Stmt::CallBlock(s) => (s.span(), call_block(s)),
        Stmt::Do(s) => (s.span(), Kind::Write(call(&s.call))),
        other => of_many_templates(other),
    };
    let at = span.start_offset;
    Some(Statement { at, kind })
}

/// Statements that take other templates in, and blocks for others to fill.
fn of_many_templates(theirs: &Stmt<'_>) -> (Span, Kind) {
    match theirs {
        Stmt::Block(s) => (s.span(), Kind::Stretch(statements(&s.body))),
        Stmt::Import(s) => (s.span(), Kind::Import("import", vec![expr(&s.expr)])),
        Stmt::FromImport(s) => (s.span(), Kind::Import("from", vec![expr(&s.expr)])),
        Stmt::Extends(s) => (s.span(), Kind::Import("extends", vec![expr(&s.name)])),
        Stmt::Include(s) => (s.span(), Kind::Import("include", vec![expr(&s.name)])),
        _ => (Span::default(), Kind::Stretch(Vec::new())),
    }
}

fn for_loop(s: &ast::ForLoop<'_>) -> Kind {
    Kind::For {
        target: expr(&s.target),
        over: expr(&s.iter),
        filter: s.filter_expr.as_ref().map(expr),
        body: statements(&s.body),
        otherwise: statements(&s.else_body),
    }
}

fn condition(s: &ast::IfCond<'_>) -> Kind {
    Kind::If {
        test: expr(&s.expr),
        yes: statements(&s.true_body),
        no: statements(&s.false_body),
    }
}

fn macro_of(s: &ast::Macro<'_>) -> Kind {
    Kind::Macro {
        name: s.name.to_owned(),
        parameters: parameters(s),
        body: statements(&s.body),
    }
}

fn call_block(s: &ast::CallBlock<'_>) -> Kind {
    Kind::CallBlock {
        call: call(&s.call),
        parameters: parameters(&s.macro_decl),
        body: statements(&s.macro_decl.body),
    }
}

/// The last parameters have the defaults.
fn parameters(s: &ast::Macro<'_>) -> Vec<Parameter> {
    let without = s.args.len().saturating_sub(s.defaults.len());
    let defaults = std::iter::repeat_n(None, without).chain(s.defaults.iter().map(Some));
    s.args
        .iter()
        .zip(defaults)
        .filter_map(|(name, default)| match name {
            Theirs::Var(var) => Some((var.id.to_owned(), default.map(expr))),
            _ => None,
        })
        .collect()
}

fn boxed(theirs: &Theirs<'_>) -> Box<Expr> {
    Box::new(expr(theirs))
}

fn expr(theirs: &Theirs<'_>) -> Expr {
    match theirs {
        Theirs::Var(e) => Expr::Name(e.id.to_owned()),
        Theirs::Const(e) => constant(e),
        Theirs::List(e) => Expr::List(e.items.iter().map(expr).collect()),
        Theirs::Tuple(e) => Expr::List(e.items.iter().map(expr).collect()),
        Theirs::Map(e) => {
            let pairs = e.keys.iter().zip(&e.values);
            Expr::Map(pairs.map(|(key, value)| (expr(key), expr(value))).collect())
        }
        Theirs::GetAttr(e) => Expr::Attribute(boxed(&e.expr), e.name.to_owned()),
        Theirs::GetItem(e) => Expr::Item(boxed(&e.expr), boxed(&e.subscript_expr)),
        Theirs::Slice(e) => {
            let of = |bound: &Option<Theirs<'_>>| bound.as_ref().map(expr);
            let bounds = Box::new([of(&e.start), of(&e.stop), of(&e.step)]);
            Expr::Slice(boxed(&e.expr), bounds)
        }
        Theirs::UnaryOp(e) => Expr::Negated(boxed(&e.expr)),
        Theirs::BinOp(e) => Expr::Binary(operator(e.op), boxed(&e.left), boxed(&e.right)),
        Theirs::Compare(e) => {
            let rest = e.ops.iter().map(|op| expr(&op.expr));
            Expr::Compared(std::iter::once(expr(&e.expr)).chain(rest).collect())
        }
        Theirs::IfExpr(e) => {
            let no = e.false_expr.as_ref().map(boxed);
            Expr::Choice(boxed(&e.test_expr), boxed(&e.true_expr), no)
        }
        Theirs::Filter(e) => {
            let value = e.expr.as_ref().map(boxed);
            Expr::Filter(e.name.to_owned(), value, arguments(&e.args))
        }
        Theirs::Test(e) => Expr::Test(boxed(&e.expr), arguments(&e.args)),
        Theirs::Call(e) => call(e),
    }
}

fn call(e: &ast::Call<'_>) -> Expr {
    Expr::Call(boxed(&e.expr), arguments(&e.args))
}

fn constant(e: &ast::Const) -> Expr {
    match (e.value.as_str(), e.value.as_i64()) {
        (Some(text), _) => Expr::Text(text.to_owned()),
        (None, Some(number)) if e.value.is_integer() => Expr::Whole(number),
        _ => Expr::Plain,
    }
}

fn arguments(theirs: &[ast::CallArg<'_>]) -> Arguments {
    let mut ours = Arguments::default();
    for argument in theirs {
        match argument {
            ast::CallArg::Pos(e) => ours.by_place.push(expr(e)),
            ast::CallArg::PosSplat(e) => ours.by_name.push(("*".to_owned(), expr(e))),
            ast::CallArg::Kwarg(name, e) => ours.by_name.push(((*name).to_owned(), expr(e))),
            ast::CallArg::KwargSplat(e) => ours.by_name.push((String::new(), expr(e))),
        }
    }
    ours
}

fn operator(theirs: ast::BinOpKind) -> Operator {
    match theirs {
        ast::BinOpKind::Add | ast::BinOpKind::Concat => Operator::Join,
        ast::BinOpKind::Mul => Operator::Times,
        ast::BinOpKind::Rem => Operator::Percent,
        ast::BinOpKind::Pow => Operator::Power,
        ast::BinOpKind::ScAnd | ast::BinOpKind::ScOr => Operator::Either,
        ast::BinOpKind::In => Operator::In,
        ast::BinOpKind::Eq => Operator::Equal,
        ast::BinOpKind::Ne
        | ast::BinOpKind::Lt
        | ast::BinOpKind::Lte
        | ast::BinOpKind::Gt
        | ast::BinOpKind::Gte
        | ast::BinOpKind::Sub
        | ast::BinOpKind::Div
        | ast::BinOpKind::FloorDiv => Operator::Other,
    }
}
