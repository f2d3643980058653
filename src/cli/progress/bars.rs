//! Bars on a terminal: one for the whole, one for each shard or large file
//! that is being read, and the lines above them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::journal::Sign;
use super::words::{share_text, size_text, time_text};

/// A scan that is over sooner shows no bars at all.
const PATIENCE: Duration = Duration::from_millis(400);

const WHOLE: &str = "{prefix}: {share}  [{wide_bar}]  {speed}  {left}";
const FILE: &str = "  [{bar:24}]  {share}  {wide_msg}";

/// The bars of one scan.
pub struct Bars {
    screen: MultiProgress,
    /// Known once the scan has found its inputs.
    whole: Option<ProgressBar>,
    files: HashMap<usize, ProgressBar>,
    begun: Instant,
    is_shown: bool,
}

impl Bars {
    /// Bars on standard error; `None` where there is no terminal that can
    /// show them.
    pub fn on_terminal() -> Option<Bars> {
        let target = ProgressDrawTarget::stderr();
        (!target.is_hidden()).then(|| Bars::on(target))
    }

    fn on(target: ProgressDrawTarget) -> Bars {
        Bars {
            screen: MultiProgress::with_draw_target(target),
            whole: None,
            files: HashMap::new(),
            begun: Instant::now(),
            is_shown: false,
        }
    }

    /// Show something.
    pub fn show(&mut self, sign: Sign) {
        match sign {
            Sign::Line(line) => {
                let _ = self.screen.println(line);
            }
            // The bars say it.
            Sign::Progress(_) => {}
            Sign::Whole(bytes) => {
                let whole = bar(bytes, WHOLE);
                whole.set_prefix("Scanned so far");
                self.whole = Some(whole);
            }
            Sign::Rename(label) => {
                if let Some(whole) = &self.whole {
                    whole.set_prefix(label);
                }
            }
            Sign::Open { job, name, len } => self.open(job, name, len),
            Sign::Move {
                job,
                done,
                total_done,
            } => self.advance(job, done, total_done),
            Sign::Close { job } => self.close(job),
        }
        self.refresh();
    }

    /// Draw again, and for the first time once patience has run out.
    pub fn refresh(&mut self) {
        let Some(whole) = &mut self.whole else {
            return;
        };
        if !self.is_shown && self.begun.elapsed() >= PATIENCE {
            self.is_shown = true;
            *whole = self.screen.add(whole.clone());
            for file in self.files.values_mut() {
                *file = self.screen.add(file.clone());
            }
        }
        if self.is_shown {
            whole.tick();
            self.files.values().for_each(ProgressBar::tick);
        }
    }

    fn open(&mut self, job: usize, name: String, len: u64) {
        let file = bar(len, FILE);
        file.set_message(name);
        let file = if self.is_shown {
            self.screen.add(file)
        } else {
            file
        };
        self.files.insert(job, file);
    }

    fn advance(&mut self, job: usize, done: u64, total_done: u64) {
        if let Some(whole) = &self.whole {
            whole.set_position(total_done);
        }
        if let Some(file) = self.files.get(&job) {
            file.set_position(done);
        }
    }

    fn close(&mut self, job: usize) {
        if let Some(file) = self.files.remove(&job) {
            file.finish_and_clear();
            self.screen.remove(&file);
        }
    }

    /// Forget all files: what was said about them got lost.
    pub fn forget_files(&mut self) {
        let jobs: Vec<usize> = self.files.keys().copied().collect();
        for job in jobs {
            self.close(job);
        }
    }

    /// Clean the terminal for the report.
    pub fn clear(&mut self) {
        self.forget_files();
        if let Some(whole) = self.whole.take() {
            whole.finish_and_clear();
        }
        let _ = self.screen.clear();
    }
}

/// A bar that is not drawn until it is put on the screen.
fn bar(len: u64, template: &str) -> ProgressBar {
    let share = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{}", share_text(state.pos(), state.len().unwrap_or(0)));
    };
    let speed = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // Saturates: a rate beyond all bounds is shown as the largest size.
        let _ = write!(out, "{}/s", size_text(state.per_sec() as u64));
    };
    let left = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        if state.pos() > 0 {
            let _ = write!(out, "{}", left_text(state.eta().as_secs()));
        }
    };
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("share", share)
        .with_key("speed", speed)
        .with_key("left", left)
        .progress_chars("=> ");
    ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::hidden()).with_style(style)
}

/// `4 s left`: whole seconds, since nobody knows the tenths.
fn left_text(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s left"),
        _ => format!("{} left", time_text(Duration::from_secs(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    const WIDTH: usize = 120;

    /// A terminal: rows that wrap when the next character comes.
    #[derive(Debug, Clone, Default)]
    struct Screen(Arc<Mutex<(Vec<String>, usize)>>);

    impl Screen {
        fn contents(&self) -> String {
            let (rows, _) = &*self.0.lock().unwrap();
            let rows: Vec<&str> = rows.iter().map(|row| row.trim_end()).collect();
            rows.join("\n").trim_end().to_owned()
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            WIDTH as u16
        }
        fn height(&self) -> u16 {
            20
        }
        fn move_cursor_up(&self, n: usize) -> io::Result<()> {
            self.0.lock().unwrap().1 -= n;
            Ok(())
        }
        fn move_cursor_down(&self, n: usize) -> io::Result<()> {
            self.0.lock().unwrap().1 += n;
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)?;
            self.move_cursor_down(1)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            let (rows, row) = &mut *self.0.lock().unwrap();
            for letter in text.chars() {
                rows.resize_with(rows.len().max(*row + 1), String::new);
                if rows[*row].chars().count() == WIDTH {
                    *row += 1;
                    rows.resize_with(rows.len().max(*row + 1), String::new);
                }
                rows[*row].push(letter);
            }
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            let (rows, row) = &mut *self.0.lock().unwrap();
            if let Some(row) = rows.get_mut(*row) {
                row.clear();
            }
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    const GB: u64 = 1 << 30;

    fn bars() -> (Bars, Screen) {
        let term = Screen::default();
        let mut bars = Bars::on(ProgressDrawTarget::term_like(Box::new(term.clone())));
        bars.show(Sign::Whole(400 * GB));
        (bars, term)
    }

    fn open(bars: &mut Bars) {
        bars.show(Sign::Open {
            job: 3,
            name: "model-00001-of-00002.safetensors".into(),
            len: 200 * GB,
        });
        bars.show(Sign::Move {
            job: 3,
            done: 20 * GB,
            total_done: 10 * GB,
        });
    }

    #[test]
    fn the_whole_and_each_shard_have_a_bar() {
        let (mut bars, term) = bars();
        open(&mut bars);
        assert_eq!(term.contents(), "", "patience has not run out");
        bars.begun -= PATIENCE;
        bars.show(Sign::Rename("Memory-mapped scan"));
        bars.show(Sign::Line("Total size: 400 GB".into()));
        let shown = term.contents();
        assert!(
            shown.contains(" s left") || shown.contains(" min"),
            "{shown}"
        );
        for part in [
            "Total size: 400 GB",
            "Memory-mapped scan: 10 GB / 400 GB (2.5%)",
            "20 GB / 200 GB (10.0%)  model-00001-of-00002.safetensors",
        ] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
        bars.show(Sign::Close { job: 3 });
        assert!(!term.contents().contains("00001"));
        bars.clear();
        assert_eq!(term.contents(), "Total size: 400 GB");
    }

    #[test]
    fn a_scan_that_is_slow_to_begin_shows_its_bar() {
        let screen = Screen::default();
        let mut bars = Bars::on(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        bars.begun -= PATIENCE;
        bars.refresh();
        assert_eq!(screen.contents(), "");
        bars.show(Sign::Whole(GB));
        assert!(
            screen
                .contents()
                .contains("Scanned so far: 0 B / 1 GB (0.0%)")
        );
    }

    #[test]
    fn a_quick_scan_shows_no_bars() {
        let (mut bars, term) = bars();
        open(&mut bars);
        bars.show(Sign::Close { job: 3 });
        bars.clear();
        assert_eq!(term.contents(), "");
    }
}
