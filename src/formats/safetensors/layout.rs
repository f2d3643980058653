//! The tensors as a whole: every byte behind the header belongs to exactly
//! one.

use super::super::tally::Tally;
use super::header::{Entry, Header};
use crate::report::{Span, escape_text};
use crate::rules::Draft;
use crate::rules::safetensors as rules;

/// Check each tensor's size, and that they fill the file from `data`, where the
/// header ends, to `file_len` without holes and overlaps. Returns the holes.
pub(super) fn check(header: &mut Header, data: u64, file_len: u64, tally: &mut Tally) -> Vec<Span> {
    let mut why = header.refused.take();
    let mut add = |draft: Draft| {
        why.get_or_insert_with(|| draft.message.clone());
        tally.add(draft);
    };
    let room = file_len.saturating_sub(data);
    for entry in &header.entries {
        size(entry).into_iter().for_each(&mut add);
        place(entry, room).into_iter().for_each(&mut add);
    }
    let holes = order(&header.entries, data, room, &mut add);
    header.refused = why;
    holes
}

/// Whether the length is elements × bits ÷ 8.
fn size(entry: &Entry) -> Option<Draft> {
    let overflow = || {
        let shown = escape_text(&entry.name);
        let message = format!("the shape of `{shown}` has more elements than 64 bits can count");
        rules::SHAPE_OVERFLOW
            .at(entry.at)
            .message(message)
            .within(&entry.name)
    };
    let Some(elements) = entry.elements else {
        return Some(overflow());
    };
    let (dtype, bits) = entry.dtype?;
    let Some(total) = elements.checked_mul(bits) else {
        return Some(overflow());
    };
    let wanted = total.div_ceil(8);
    let whole = total.is_multiple_of(8);
    (!whole || wanted != entry.len()).then(|| {
        let message = format!(
            "`{}` has {} bytes; {elements} elements of {dtype} are {total} bits",
            escape_text(&entry.name),
            entry.len()
        );
        rules::SIZE_MISMATCH
            .at(entry.at)
            .message(message)
            .within(&entry.name)
    })
}

/// Whether it ends within the file.
fn place(entry: &Entry, room: u64) -> Option<Draft> {
    (entry.end > room).then(|| {
        let message = format!(
            "`{}` ends at byte {} of the data, which has {room}",
            escape_text(&entry.name),
            entry.end
        );
        rules::OUT_OF_FILE
            .at(entry.at)
            .message(message)
            .within(&entry.name)
    })
}

/// Overlaps, holes and what is left at the end.
fn order(entries: &[Entry], data: u64, room: u64, add: &mut impl FnMut(Draft)) -> Vec<Span> {
    let mut holes = Vec::new();
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_unstable_by_key(|entry| (entry.begin, entry.end, entry.at));
    let mut filled = 0u64;
    let mut owner: Option<&Entry> = None;
    for entry in sorted {
        if entry.begin < filled {
            let shown = escape_text(&entry.name);
            let other = owner.map_or(String::new(), |owner| escape_text(&owner.name));
            let message = format!("`{shown}` begins inside of `{other}`");
            add(rules::OVERLAPPING_TENSORS
                .at(entry.at)
                .message(message)
                .within(&entry.name));
        } else if entry.begin > filled {
            let hole = data.saturating_add(filled)..data.saturating_add(entry.begin);
            let size = entry.begin.saturating_sub(filled);
            let shown = escape_text(&entry.name);
            let message = format!("{size} bytes before `{shown}` belong to no tensor");
            add(rules::HOLE.at(hole.clone()).message(message));
            holes.push(hole);
        }
        if entry.end > filled || owner.is_none() {
            owner = Some(entry);
        }
        filled = filled.max(entry.end);
    }
    if filled < room {
        let left = room.saturating_sub(filled);
        let span = data.saturating_add(filled)..data.saturating_add(room);
        let message = format!("{left} bytes follow the last tensor");
        add(rules::TRAILING_DATA.at(span.clone()).message(message));
        holes.push(span);
    }
    holes
}
