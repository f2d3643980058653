//! Functions that call one of their arguments, and which one.
//!
//! `map(os.system, commands)` never writes a call of `os.system`, and yet makes
//! one for each command. The table says for each such function where the
//! callable stands and what it is called with, so that the call that will
//! happen is the one that is told. Iterators count as consumed: the reading
//! that runs more. Whatever is not in the table and not vetted is held to have
//! called every dangerous callable that it is given.

use super::calls::How;
use super::machine::Machine;
use super::summary::Trouble;
use super::value::{GlobalId, Kind, Value};

/// Elements of an iterable that a callable is called with.
const ELEMENTS_CAP: usize = 64;

/// Which argument is called, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands {
    /// The argument at this place, with those behind it.
    Rest(usize),
    /// The argument at the first place, with the tuple at the second.
    Tuple(usize, usize),
    /// The argument at this place, with what only the callee knows.
    Later(usize),
    /// The argument at the first place, with each element of the one at the
    /// second and, where there are more iterables, of those.
    Each(usize, usize),
    /// The argument at the first place, with each element of the one at the
    /// second as its arguments.
    EachTuple(usize, usize),
    /// The argument at the first place, with pairs out of the one at the
    /// second.
    Fold(usize, usize),
    /// The one argument is a tuple of a callable and iterables.
    Packed,
    /// The keyword `key`, with each element of the first argument.
    Key,
    /// `iter`: the first of two arguments; one alone is only walked.
    Iter,
}

/// What is known of a path. Of those that do nothing but call, the call is all
/// there is to tell.
const TABLE: &[(&str, Hands)] = &[
    ("builtins.map", Hands::Each(0, 1)),
    ("builtins.filter", Hands::Each(0, 1)),
    ("builtins.apply", Hands::Tuple(0, 1)),
    ("builtins.reduce", Hands::Fold(0, 1)),
    ("builtins.max", Hands::Key),
    ("builtins.min", Hands::Key),
    ("builtins.sorted", Hands::Key),
    ("functools.reduce", Hands::Fold(0, 1)),
    ("itertools.accumulate", Hands::Fold(1, 0)),
    ("itertools.dropwhile", Hands::Each(0, 1)),
    ("itertools.filterfalse", Hands::Each(0, 1)),
    ("itertools.groupby", Hands::Each(1, 0)),
    ("itertools.ifilter", Hands::Each(0, 1)),
    ("itertools.ifilterfalse", Hands::Each(0, 1)),
    ("itertools.imap", Hands::Each(0, 1)),
    ("itertools.starmap", Hands::EachTuple(0, 1)),
    ("itertools.takewhile", Hands::Each(0, 1)),
    ("operator.call", Hands::Rest(0)),
];

/// Those that do something besides, which is told where the call is nothing
/// to be told of.
const KEEPERS: &[(&str, Hands)] = &[
    ("_thread.start_new", Hands::Tuple(0, 1)),
    ("_thread.start_new_thread", Hands::Tuple(0, 1)),
    ("atexit.register", Hands::Rest(0)),
    ("builtins.iter", Hands::Iter),
    ("concurrent.futures.Executor.submit", Hands::Rest(1)),
    (
        "concurrent.futures.Future.add_done_callback",
        Hands::Later(1),
    ),
    (
        "concurrent.futures._base.Future.add_done_callback",
        Hands::Later(1),
    ),
    (
        "concurrent.futures.ThreadPoolExecutor.map",
        Hands::Each(1, 2),
    ),
    (
        "concurrent.futures.ThreadPoolExecutor.submit",
        Hands::Rest(1),
    ),
    (
        "concurrent.futures.thread.ThreadPoolExecutor.map",
        Hands::Each(1, 2),
    ),
    (
        "concurrent.futures.thread.ThreadPoolExecutor.submit",
        Hands::Rest(1),
    ),
    (
        "concurrent.futures.process._process_chunk",
        Hands::EachTuple(0, 1),
    ),
    ("contextlib.ExitStack.callback", Hands::Rest(1)),
    ("contextvars.Context.run", Hands::Rest(1)),
    ("copyreg.constructor", Hands::Later(0)),
    ("copyreg.pickle", Hands::Later(1)),
    ("functools.cached_property", Hands::Later(0)),
    ("functools.cmp_to_key", Hands::Later(0)),
    ("functools.singledispatch", Hands::Later(0)),
    ("multiprocessing.Process", Hands::Tuple(1, 3)),
    ("multiprocessing.pool.Pool.apply", Hands::Tuple(1, 2)),
    ("multiprocessing.pool.Pool.apply_async", Hands::Tuple(1, 2)),
    ("multiprocessing.pool.Pool.imap", Hands::Each(1, 2)),
    ("multiprocessing.pool.Pool.map", Hands::Each(1, 2)),
    ("multiprocessing.pool.Pool.starmap", Hands::EachTuple(1, 2)),
    ("multiprocessing.pool.ThreadPool.apply", Hands::Tuple(1, 2)),
    ("multiprocessing.pool.ThreadPool.map", Hands::Each(1, 2)),
    ("multiprocessing.pool.mapstar", Hands::Packed),
    ("multiprocessing.process.BaseProcess", Hands::Tuple(1, 3)),
    ("sched.scheduler.enter", Hands::Tuple(3, 4)),
    ("sched.scheduler.enterabs", Hands::Tuple(3, 4)),
    ("signal.signal", Hands::Later(1)),
    ("sys.addaudithook", Hands::Later(0)),
    ("sys.setprofile", Hands::Later(0)),
    ("sys.settrace", Hands::Later(0)),
    ("threading.Thread", Hands::Tuple(1, 3)),
    ("threading.Timer", Hands::Tuple(1, 2)),
    ("threading.setprofile", Hands::Later(0)),
    ("threading.settrace", Hands::Later(0)),
    ("timeit.timeit", Hands::Later(0)),
    ("weakref.finalize", Hands::Rest(1)),
    ("weakref.proxy", Hands::Later(1)),
    ("weakref.ref", Hands::Later(1)),
    ("weakref.ReferenceType", Hands::Later(1)),
];

fn find(table: &[(&str, Hands)], path: &str) -> Option<Hands> {
    let found = table.iter().find(|(known, _)| *known == path);
    found.map(|&(_, hands)| hands)
}

/// Which argument the function of this path calls.
pub(super) fn of(path: &str) -> Option<Hands> {
    find(TABLE, path).or_else(|| find(KEEPERS, path))
}

impl Machine<'_, '_> {
    /// Call a function that calls one of its arguments. What it returns, and
    /// whether there was a callable to call.
    pub(super) fn hand(
        &mut self,
        id: GlobalId,
        hands: Hands,
        args: Value,
        given: &[Value],
    ) -> Result<Value, Trouble> {
        let told = self.events();
        let handed = self.hand_to(hands, given)?;
        let only_calls = self
            .names
            .get(id)
            .is_some_and(|name| find(TABLE, &name.path).is_some());
        match handed {
            Some(value) if only_calls || self.events() > told => {
                self.names.settle(id);
                Ok(value)
            }
            None if self.events() > told => {
                self.names.settle(id);
                let role = self.role_of(How::Called, id);
                Ok(self.result(Value::Global(id), args, role))
            }
            _ => {
                self.grade(How::Called, id, args);
                let role = self.role_of(How::Called, id);
                Ok(handed.unwrap_or_else(|| self.result(Value::Global(id), args, role)))
            }
        }
    }

    fn hand_to(&mut self, hands: Hands, given: &[Value]) -> Result<Option<Value>, Trouble> {
        let at = |place: usize| given.get(place).copied();
        let behind = |place: usize| given.get(place.saturating_add(1)..).unwrap_or_default();
        let callable = match hands {
            Hands::Rest(place) | Hands::Later(place) => at(place),
            Hands::Iter => at(0),
            Hands::Tuple(place, _)
            | Hands::Each(place, _)
            | Hands::EachTuple(place, _)
            | Hands::Fold(place, _) => at(place),
            Hands::Packed => return self.hand_packed(at(0)),
            Hands::Key => self.key_of(given),
        };
        let Some(callable) = callable.filter(|&v| self.is_callable(v)) else {
            return Ok(None);
        };
        match hands {
            Hands::Rest(place) => self.hand_once(callable, behind(place)).map(Some),
            // A global is told with the call that it is handed to; what else
            // can be called says more once it is.
            Hands::Later(_) | Hands::Iter => {
                if self.heap.made(callable).is_some() {
                    self.hand_once(callable, &[])?;
                }
                Ok(None)
            }
            Hands::Tuple(_, place) => {
                let inner = at(place).map(|v| self.elements(v)).unwrap_or_default();
                self.hand_once(callable, &inner).map(Some)
            }
            Hands::Each(_, place) => {
                let iterables = given.get(place..).unwrap_or_default();
                let last = if place > 0 { iterables.len() } else { 1 };
                self.hand_each(callable, iterables.get(..last).unwrap_or_default())
            }
            Hands::EachTuple(_, place) => self.hand_tuples(callable, at(place)),
            Hands::Fold(_, place) => self.hand_pairs(callable, at(place), behind(place)),
            Hands::Key => {
                self.hand_each(callable, given.get(..1).unwrap_or_default())?;
                Ok(None)
            }
            Hands::Packed => Ok(None),
        }
    }

    fn hand_once(&mut self, callable: Value, args: &[Value]) -> Result<Value, Trouble> {
        let args = self.heap.make(Kind::Tuple, args);
        self.call(How::Called, callable, args)
    }

    /// `f(a, b)` for each `a, b` of the iterables.
    fn hand_each(
        &mut self,
        callable: Value,
        iterables: &[Value],
    ) -> Result<Option<Value>, Trouble> {
        let columns: Vec<Vec<Value>> = iterables.iter().map(|&v| self.iterated(v)).collect();
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let mut results = Vec::new();
        for row in 0..rows.min(ELEMENTS_CAP) {
            let args: Vec<Value> = columns.iter().filter_map(|c| c.get(row).copied()).collect();
            results.push(self.hand_once(callable, &args)?);
        }
        if rows == 0 {
            // Elements that are not known: called with them all the same.
            results.push(self.hand_once(callable, iterables)?);
        } else if rows > ELEMENTS_CAP {
            self.limit("elements that a callable is called with");
        }
        Ok(Some(self.heap.make(Kind::List, &results)))
    }

    fn hand_tuples(
        &mut self,
        callable: Value,
        rows: Option<Value>,
    ) -> Result<Option<Value>, Trouble> {
        let rows = rows.map(|v| self.iterated(v)).unwrap_or_default();
        let mut results = Vec::new();
        for &row in rows.iter().take(ELEMENTS_CAP) {
            let args = self.iterated(row);
            results.push(self.hand_once(callable, &args)?);
        }
        if rows.is_empty() {
            results.push(self.hand_once(callable, &[])?);
        } else if rows.len() > ELEMENTS_CAP {
            self.limit("elements that a callable is called with");
        }
        Ok(Some(self.heap.make(Kind::List, &results)))
    }

    /// `reduce`.
    fn hand_pairs(
        &mut self,
        callable: Value,
        list: Option<Value>,
        start: &[Value],
    ) -> Result<Option<Value>, Trouble> {
        let list = list.map(|v| self.iterated(v)).unwrap_or_default();
        let mut elements = start.iter().take(1).chain(&list).copied();
        let Some(mut value) = elements.next() else {
            return self.hand_once(callable, &[]).map(Some);
        };
        let mut left = ELEMENTS_CAP.saturating_mul(4);
        for element in elements {
            if left == 0 {
                self.limit("elements that a callable is called with");
                break;
            }
            left = left.saturating_sub(1);
            value = self.hand_once(callable, &[value, element])?;
        }
        Ok(Some(value))
    }

    fn hand_packed(&mut self, packed: Option<Value>) -> Result<Option<Value>, Trouble> {
        let parts = packed.map(|v| self.elements(v)).unwrap_or_default();
        match parts.split_first() {
            Some((&callable, rest)) if self.is_callable(callable) => self.hand_each(callable, rest),
            _ => Ok(None),
        }
    }

    /// The value of the keyword `key`.
    fn key_of(&self, given: &[Value]) -> Option<Value> {
        let keywords = given.last()?;
        let Some((Kind::Dict, items)) = self.heap.container(*keywords) else {
            return None;
        };
        let is_key = |key: Value| self.text(key).as_deref() == Some("key");
        let mut pairs = items.kept.chunks_exact(2);
        pairs.find_map(|pair| match pair {
            &[key, value] if is_key(key) => Some(value),
            _ => None,
        })
    }
}
