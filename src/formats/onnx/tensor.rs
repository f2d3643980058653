//! Tensors: type, shape and bytes, which have to agree.

use super::dtype::{Dtype, Typed, dtype};
use super::external::External;
use super::judge::{Judge, shown};
use crate::report::{Severity, Span};
use crate::rules::onnx as rules;

/// The value of `data_location` that means another file.
const EXTERNAL: i32 = 1;

/// A tensor as far as it was read.
#[derive(Default)]
pub(super) struct Tensor {
    /// Its name; constants in attributes have none.
    pub(super) name: String,
    /// Where its message lies.
    pub(super) at: Span,
    /// Its entries about another file.
    pub(super) external: External,
    /// The number of its type.
    pub(super) dtype: Option<i32>,
    /// Where its data are said to be.
    pub(super) location: Option<i32>,
    shape: Shape,
    raw_bytes: u64,
    /// Elements that stand one by one, by their field.
    typed: [u64; Typed::ALL.len()],
    has_segment: bool,
}

/// The product of the dimensions.
#[derive(Default)]
struct Shape {
    /// `None` where it overflows.
    elements: Option<u64>,
    is_begun: bool,
    has_zero: bool,
    /// The first dimension that is negative.
    negative: Option<i64>,
}

impl Shape {
    fn push(&mut self, dimension: i64) {
        let before = match self.is_begun {
            true => self.elements,
            false => Some(1),
        };
        self.is_begun = true;
        match u64::try_from(dimension) {
            Ok(size) => {
                self.has_zero |= size == 0;
                self.elements = before.and_then(|n| n.checked_mul(size));
            }
            Err(_) => self.negative = self.negative.or(Some(dimension)),
        }
    }

    /// How many elements; a tensor without dimensions has one.
    fn elements(&self) -> Option<u64> {
        match (self.is_begun, self.has_zero) {
            (_, true) => Some(0),
            (false, _) => Some(1),
            (true, _) => self.elements,
        }
    }
}

impl Tensor {
    /// A tensor whose message is `at`.
    pub(super) fn new(at: Span) -> Self {
        Tensor {
            at,
            ..Tensor::default()
        }
    }

    /// Take the next dimension.
    pub(super) fn dimension(&mut self, dimension: i64) {
        self.shape.push(dimension);
    }

    /// Take so many bytes of data.
    pub(super) fn raw(&mut self, bytes: u64) {
        // Of a repeated field the last one counts; it is its own finding.
        self.raw_bytes = bytes;
    }

    /// Take so many elements of the field with this number.
    pub(super) fn elements(&mut self, number: u32, count: u64) {
        let field = Typed::of(number).and_then(|typed| self.typed.get_mut(typed as usize));
        if let Some(sum) = field {
            *sum = sum.saturating_add(count);
        }
    }

    /// Note that it is said to be a piece of a tensor.
    pub(super) fn segment(&mut self) {
        self.has_segment = true;
    }

    /// What it is called in messages.
    pub(super) fn title(&self) -> String {
        match self.name.as_str() {
            "" => "a tensor without a name".to_owned(),
            name => format!("`{}`", shown(name)),
        }
    }

    /// Judge it once its last field was read.
    pub(super) fn judge(&self, judge: &mut Judge<'_, '_>) {
        judge.name("the tensor name", &self.name, &self.at);
        let elements = self.judge_shape(judge);
        let known = self.judge_type(judge);
        self.judge_sources(judge);
        let bytes = known.zip(elements).and_then(|(d, n)| d.bytes(n));
        if let Some((dtype, elements)) = known.zip(elements)
            && dtype.bits.is_some()
            && bytes.is_none()
        {
            let message = format!("{} has {elements} elements of {}", self.title(), dtype.name);
            judge.say(&rules::SHAPE_OVERFLOW, &self.at, &self.name, message);
        }
        if self.location == Some(EXTERNAL) {
            self.external.judge(self, bytes, judge);
        } else if let Some((dtype, elements)) = known.zip(elements) {
            self.judge_size(dtype, elements, judge);
        }
    }

    fn judge_shape(&self, judge: &mut Judge<'_, '_>) -> Option<u64> {
        let what = match (self.shape.negative, self.shape.elements()) {
            (Some(dimension), _) => format!("has the dimension {dimension}"),
            (None, None) => "has more elements than 64 bits can count".to_owned(),
            (None, elements) => return elements,
        };
        let message = format!("{} {what}", self.title());
        judge.say(&rules::SHAPE_OVERFLOW, &self.at, &self.name, message);
        None
    }

    fn judge_type(&self, judge: &mut Judge<'_, '_>) -> Option<Dtype> {
        let number = self.dtype.unwrap_or(0);
        let known = dtype(number);
        if number == 0 {
            let message = format!("{} has no type", self.title());
            judge.say(&rules::INVALID_TENSOR, &self.at, &self.name, message);
        } else if known.is_none() {
            let message = format!("{} has elements of the type {number}", self.title());
            judge.say(&rules::UNKNOWN_DTYPE, &self.at, &self.name, message);
        }
        known
    }

    /// The places where it is said to have its data.
    fn judge_sources(&self, judge: &mut Judge<'_, '_>) {
        let is_external = self.location == Some(EXTERNAL);
        let typed = Typed::ALL
            .iter()
            .filter(|typed| self.count(**typed) > 0)
            .map(|typed| typed.name());
        let raw = (self.raw_bytes > 0).then_some("raw_data");
        let other = is_external.then_some("another file");
        let places: Vec<&str> = other.into_iter().chain(raw).chain(typed).collect();
        if places.len() > 1 {
            let message = format!(
                "{} has its data in {}",
                self.title(),
                places.join(" and in ")
            );
            judge.say(&rules::AMBIGUOUS_TENSOR, &self.at, &self.name, message);
        }
        if self.external.is_there() && !is_external {
            let message = format!(
                "{} names another file for its data and says that they are here",
                self.title()
            );
            judge.say(&rules::AMBIGUOUS_TENSOR, &self.at, &self.name, message);
        }
        let odd = match (self.location, self.has_segment) {
            (Some(place), _) if !(0..=EXTERNAL).contains(&place) => {
                format!("has its data at a place of the kind {place}, which is not known")
            }
            (_, true) => "is said to be a piece of a tensor, which no loader puts together".into(),
            _ => return,
        };
        let message = format!("{} {odd}", self.title());
        judge.say(&rules::INVALID_TENSOR, &self.at, &self.name, message);
    }

    fn count(&self, typed: Typed) -> u64 {
        self.typed.get(typed as usize).copied().unwrap_or(0)
    }

    /// The data that are here, against what type and shape ask for.
    fn judge_size(&self, dtype: Dtype, elements: u64, judge: &mut Judge<'_, '_>) {
        let entries = self
            .typed
            .iter()
            .fold(0u64, |sum, n| sum.saturating_add(*n));
        let (wanted, here, unit) = match (self.raw_bytes, dtype.bits) {
            (1.., Some(_)) => (dtype.bytes(elements), self.raw_bytes, "bytes"),
            (1.., None) => (Some(0), self.raw_bytes, "bytes"),
            (0, _) => (dtype.entries(elements), self.count(dtype.typed), "entries"),
        };
        let Some(wanted) = wanted.filter(|&wanted| wanted != here) else {
            return;
        };
        let name = dtype.name;
        let title = self.title();
        if self.raw_bytes == 0 && entries == 0 && !self.external.is_there() {
            let message = format!("{title} has {elements} elements of {name} and no data");
            judge.say(&rules::INVALID_TENSOR, &self.at, &self.name, message);
            return;
        }
        let message = format!(
            "{title} has {elements} elements of {name}, which take {wanted} {unit}, and {here} are there"
        );
        let draft = rules::SIZE_MISMATCH.at(self.at.clone()).message(message);
        judge.add(draft.severity(Severity::Medium).within(&self.name));
    }
}
