//! What a file is, as opposed to what it is called and to what else it is.
//!
//! Loaders, reviewers and filters choose by suffix, so a suffix is a *promise*.
//! A promise that is broken is told at the grade of what it lets happen: code
//! runs where the name says that none can, a wrapper keeps tools away that
//! choose by suffix, or somebody made a mistake. [`grade`] below is the one
//! place for that. Bytes that are two things at once are a *polyglot*; they are
//! examined as both.

use super::inspect::Claimed;
use crate::formats::{Artifact, Claim, FORMATS, Format, Kind, Probe, find};
use crate::report::{Place, Severity, Span};
use crate::rules::Draft;
use crate::rules::content as rules;

/// Suffixes that many kinds of files have, and that promise little.
const LOOSE_SUFFIXES: [&str; 6] = [".bin", ".ckpt", ".dat", ".data", ".model", ".weights"];

/// Formats whose loader runs whatever a pickle says.
const PICKLES: [&str; 1] = ["pickle"];

/// Containers that no loader of models opens by itself.
const SEALED: [&str; 3] = ["7z", "rar", "cab"];

/// Programs that the sweep tells of wherever they lie.
const TOLD_BY_SWEEP: [&str; 5] = ["elf", "pe", "mach-o", "webassembly", "dex"];

/// Suffixes of files that a desktop starts when they are opened, and that it
/// may not show.
const STARTED_SUFFIXES: [&str; 12] = [
    "bat", "cmd", "com", "exe", "hta", "lnk", "msi", "pif", "ps1", "scr", "vbs", "wsf",
];

/// Bytes of a name that are all digits of a checksum, at least.
const DIGEST_DIGITS: usize = 32;

/// Everything that is to be said about the name of an artifact.
pub fn judge(artifact: &Artifact, claims: &[Claimed]) -> Vec<Draft> {
    // What was followed far enough to be sure is no text, whatever letters it is
    // written in.
    let is_of_text = |format: &dyn Format| {
        format.kind() == Kind::Text || format.spec().layer_of.is_some_and(|base| base == "text")
    };
    let is_sure = |(format, claim): &Claimed| *claim == Claim::Structure && !is_of_text(*format);
    let is_no_text = claims.iter().any(is_sure);
    let found: Vec<&'static dyn Format> = claims
        .iter()
        .filter(|(_, claim)| *claim >= Claim::Magic)
        .map(|(format, _)| *format)
        .filter(|format| !(is_no_text && is_of_text(*format)))
        .collect();
    let name = Name::of(artifact);
    mismatch(&name, &found)
        .into_iter()
        .chain(misleading(&name, &found))
        .collect()
}

/// A file name, and what it promises.
struct Name {
    /// The last component, as it is written.
    written: String,
    /// The same in lower case.
    lower: String,
    promised: Vec<&'static dyn Format>,
    /// Whether it is the name of a file, and not of a member.
    is_file: bool,
}

impl Name {
    fn of(artifact: &Artifact) -> Self {
        let name = match artifact.depth {
            0 => unescaped(&artifact.name),
            _ => artifact.name.clone(),
        };
        let written = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let lower = written.to_lowercase();
        Name {
            promised: promised(&lower),
            written: written.to_owned(),
            lower,
            is_file: artifact.depth == 0,
        }
    }

    fn is_loose(&self) -> bool {
        LOOSE_SUFFIXES
            .iter()
            .any(|suffix| self.lower.ends_with(suffix))
    }

    /// Whether it is a word that says nothing: no suffix, no number, and no
    /// digest.
    fn is_silent(&self) -> bool {
        let is_digest =
            self.lower.len() >= DIGEST_DIGITS && self.lower.bytes().all(|b| b.is_ascii_hexdigit());
        let is_word = self.lower.chars().any(char::is_alphabetic);
        !self.lower.contains('.') && is_word && !is_digest
    }
}

/// A file name as it is: paths are shown with their odd characters written out.
fn unescaped(shown: &str) -> String {
    let mut out = String::new();
    let mut rest = shown;
    while let Some((front, behind)) = rest.split_once("\\u{") {
        out.push_str(front);
        let written = behind.split_once('}');
        let read = written.and_then(|(digits, behind)| {
            let code = u32::from_str_radix(digits, 16).ok()?;
            Some((char::from_u32(code)?, behind))
        });
        match read {
            Some((c, behind)) => {
                out.push(c);
                rest = behind;
            }
            None => {
                out.push_str("\\u{");
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The formats that a file name promises.
fn promised(lower: &str) -> Vec<&'static dyn Format> {
    FORMATS
        .iter()
        .copied()
        .filter(|f| {
            f.spec()
                .suffixes
                .iter()
                .any(|suffix| lower.ends_with(suffix))
        })
        .collect()
}

fn is_one_of(format: &dyn Format, ids: &[&str]) -> bool {
    ids.contains(&format.spec().id)
}

/// A finding where the name promises formats and the content is none of them
/// but something else.
fn mismatch(name: &Name, found: &[&'static dyn Format]) -> Option<Draft> {
    let is = *found.iter().max_by_key(|format| weight(**format))?;
    if name
        .promised
        .iter()
        .any(|p| found.iter().any(|f| keeps(*f, *p)))
    {
        return None;
    }
    let severity = grade(name, is)?;
    let title = is.spec().title;
    let message = match name.promised.first() {
        Some(first) => format!(
            "the name promises {}, the content is {title}",
            first.spec().title
        ),
        None if name.is_silent() => format!("the name says nothing, the content is {title}"),
        None => format!("the name is one of plain data, the content is {title}"),
    };
    let draft = rules::MISMATCH.at(Place::whole());
    Some(draft.severity(severity).message(message))
}

/// Whether content of one format keeps the promise of another: it is that, or a
/// reading of it.
fn keeps(found: &'static dyn Format, promised: &'static dyn Format) -> bool {
    let mut next = Some(found.spec());
    while let Some(spec) = next {
        if spec.id == promised.spec().id {
            return true;
        }
        next = spec.layer_of.and_then(find).map(|format| format.spec());
    }
    false
}

/// How much a format says about what a file does.
fn weight(format: &dyn Format) -> u8 {
    match (format.spec().runs_code, format.kind()) {
        (true, _) => 3,
        (_, Kind::Program) => 2,
        (_, Kind::Text) => 0,
        _ => 1,
    }
}

/// How bad it is that content `is` what the name does not promise; `None` where
/// it is nothing.
fn grade(name: &Name, is: &'static dyn Format) -> Option<Severity> {
    use Severity::{High, Info, Low, Medium};
    let promised = &name.promised;
    let is_promised = |kinds: &[Kind]| promised.iter().any(|p| kinds.contains(&p.kind()));
    let may_run = promised.iter().any(|p| p.spec().runs_code);
    let runs = is.spec().runs_code;
    let is_text = promised.iter().all(|p| p.kind() == Kind::Text);
    Some(match is.kind() {
        _ if promised.is_empty() && name.is_silent() => match runs && name.is_file {
            true => Info,
            false => return None,
        },
        _ if promised.is_empty() => match name.is_loose() && is_one_of(is, &SEALED) {
            true => Medium,
            false => return None,
        },
        _ if is_one_of(is, &TOLD_BY_SWEEP) => return None,
        Kind::Program if is_text => return None,
        // A picture under the suffix of another kind of picture.
        Kind::Media if is_promised(&[Kind::Media]) => return None,
        Kind::Program => Medium,
        _ if runs && !may_run => High,
        _ if runs => {
            match promised.iter().any(|p| is_one_of(*p, &PICKLES)) || !is_one_of(is, &PICKLES) {
                true => Low,
                false => Medium,
            }
        }
        Kind::Archive if is_one_of(is, &SEALED) && name.is_loose() => Medium,
        Kind::Archive if is_promised(&[Kind::Archive, Kind::Stream]) || name.is_loose() => Low,
        Kind::Archive => Medium,
        Kind::Stream if is_promised(&[Kind::Archive, Kind::Stream]) => Low,
        Kind::Stream if is_text || name.is_loose() => Low,
        Kind::Stream => Medium,
        _ => Low,
    })
}

/// Characters that change the order in which letters show.
fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that do not show.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{3164}')
}

/// A finding where the name is made to be misread.
fn misleading(name: &Name, found: &[&'static dyn Format]) -> Option<Draft> {
    let written = name.written.as_str();
    let (stem, suffix) = written.rsplit_once('.').unwrap_or((written, ""));
    let bare = written.trim_end_matches(['.', ' ', '\u{a0}']);
    let runs = found.iter().any(|format| format.spec().runs_code);
    let words = if written.chars().any(reorders) {
        "holds characters that show its letters in another order".to_owned()
    } else if suffix.chars().any(is_invisible) || stem.ends_with(is_invisible) {
        "holds characters that do not show in its suffix".to_owned()
    } else if bare.len() < written.len() && !promised(&bare.to_lowercase()).is_empty() {
        "ends with a dot or a blank, which some systems drop".to_owned()
    } else if let Some(inner) =
        harmless_inside(&stem.to_lowercase()).filter(|_| runs && name.may_run())
    {
        format!("reads like that of {inner} and ends like one that runs code")
    } else if let Some(inner) = data_inside(stem, suffix) {
        format!("reads like that of {inner} and ends like that of a program")
    } else {
        return None;
    };
    let draft = rules::MISLEADING_NAME.at(Place::whole());
    Some(
        draft
            .message(format!("the file name {words}"))
            .evidence(written),
    )
}

impl Name {
    fn may_run(&self) -> bool {
        self.promised.iter().any(|p| p.spec().runs_code)
    }
}

/// What a name without its last suffix promises, where that suffix is one of
/// programs and what is in front of it one of data.
fn data_inside(stem: &str, suffix: &str) -> Option<&'static str> {
    if !STARTED_SUFFIXES.contains(&suffix.to_lowercase().as_str()) {
        return None;
    }
    let stem = stem.to_lowercase();
    let is_data = |kind: Kind| {
        matches!(
            kind,
            Kind::Model | Kind::Weights | Kind::Columns | Kind::Media
        )
    };
    let inner = promised(&stem).into_iter().find(|p| is_data(p.kind()));
    let is_loose = LOOSE_SUFFIXES.iter().any(|loose| stem.ends_with(loose));
    let title = inner.map(|format| format.spec().title);
    title.or_else(|| is_loose.then_some("weights"))
}

/// The title of the model format without code that a name without its last
/// suffix promises.
fn harmless_inside(stem: &str) -> Option<&'static str> {
    let inner = promised(stem);
    let is_safe = inner.iter().all(|p| {
        !p.spec().runs_code && matches!(p.kind(), Kind::Model | Kind::Weights | Kind::Media)
    });
    inner.first().filter(|_| is_safe).map(|p| p.spec().title)
}

/// A finding where the bytes are several things at once; formats of what one of
/// them only carries do not count.
pub fn polyglot(artifact: &Artifact, claims: &[Claimed], carried: &[&str]) -> Option<Draft> {
    let is_layer = |format: &dyn Format| {
        let base = format.spec().layer_of;
        base.is_some_and(|base| claims.iter().any(|(other, _)| other.spec().id == base))
    };
    let counts = |claimed: &&Claimed| {
        claimed.1 >= Claim::Magic
            && claimed.0.kind() != Kind::Text
            && !is_layer(claimed.0)
            && !is_one_of(claimed.0, carried)
    };
    let mut roots: Vec<Claimed> = claims.iter().filter(counts).copied().collect();
    if !roots.iter().any(|(_, claim)| *claim == Claim::Structure) {
        return None;
    }
    // The name must not be what makes it two things.
    let nameless = Artifact {
        name: String::new(),
        ..artifact.clone()
    };
    let probe = Probe::new(&nameless);
    if roots.len() > 1 {
        roots.retain(|(format, claim)| {
            *claim == Claim::Structure || format.recognise(&probe) >= Claim::Magic
        });
    }
    let mut titles: Vec<&str> = roots
        .iter()
        .map(|(format, _)| format.spec().title)
        .collect();
    let kinds: Vec<&'static dyn Format> = roots.iter().map(|(format, _)| *format).collect();
    // A pickle may begin with any number, and this one is the sign of a program.
    let is_borrowed =
        kinds.iter().any(|f| is_one_of(*f, &PICKLES)) && probe.head().starts_with(b"MZ");
    if is_borrowed {
        titles.push("the beginning of a Windows program");
    }
    if titles.len() < 2 {
        return None;
    }
    let (severity, note) = danger(&kinds);
    let message = format!("these bytes are {} at once{note}", titles.join(" and "));
    let draft = rules::POLYGLOT.at(Place::whole());
    Some(draft.severity(severity).message(message))
}

/// How bad it is that bytes are all of these at once, and what to say of it.
fn danger(formats: &[&'static dyn Format]) -> (Severity, &'static str) {
    let all = |kinds: &[Kind]| {
        formats
            .iter()
            .all(|f| kinds.contains(&f.kind()) && !f.spec().runs_code)
    };
    let any = |kind: Kind| formats.iter().any(|f| f.kind() == kind);
    let packed = [Kind::Program, Kind::Archive, Kind::Stream];
    if any(Kind::Program) && all(&packed) {
        let note = ": a program that carries an archive, as self-extracting archives and \
                    self-running models do; opening it as a program runs it";
        (Severity::Medium, note)
    } else if any(Kind::Media) && all(&[Kind::Media, Kind::Archive, Kind::Stream]) {
        (Severity::Medium, "")
    } else {
        (rules::POLYGLOT.severity, "")
    }
}

/// A finding where bytes that belong to nothing are something else that
/// programs look for at the end or at the beginning of a file.
pub fn attached(
    whole: &[&'static dyn Format],
    claims: &[Claimed],
    span: &Span,
    len: u64,
) -> Option<Draft> {
    let is = claims.iter().max_by_key(|(format, _)| weight(*format))?.0;
    let severity = match is.kind() {
        _ if is.spec().runs_code => Severity::High,
        Kind::Program if !is_one_of(is, &TOLD_BY_SWEEP) => Severity::High,
        Kind::Archive | Kind::Stream => Severity::Medium,
        _ => return None,
    };
    let place = match (span.start == 0, span.end == len) {
        (true, _) => "in front of",
        (_, true) => "behind",
        _ => "inside",
    };
    let first = whole.first().map_or("the file", |f| f.spec().title);
    let message = format!(
        "{} bytes {place} {first} are {} that belongs to no part of it",
        span.end.saturating_sub(span.start),
        is.spec().title
    );
    let draft = rules::POLYGLOT.at(span.clone());
    Some(draft.severity(severity).message(message))
}
