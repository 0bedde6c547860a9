//! Memory and form as a table for people.

use std::fmt::{self, Write};

use super::edges::FIGURES;
use super::report::{FormRow, MemoryReport};

impl fmt::Display for MemoryReport {
    /// The tables, without the gates.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write_rows(&mut out)?;
        self.write_composers(&mut out)?;
        self.write_second_hearing(&mut out)?;
        self.write_places(&mut out)?;
        self.write_told_apart(&mut out)?;
        f.write_str(&out)
    }
}

impl MemoryReport {
    fn write_rows(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "6. Memory and form ({} takes of {} notes per composer, checkpoint {}; {:.1} min; mean over composers ± \
             standard error)",
            self.options.long_takes, self.options.long_notes, self.checkpoint, self.minutes
        )?;
        writeln!(
            out,
            "{:<20} {:>6}  {:<15} {:<15} {:<15} {:<15} {:<15}",
            "", "pieces", "4 intervals", "8 intervals", "themes return", "by chance", "pieces with one"
        )?;
        for row in &self.rows {
            let [four, eight] = &row.repetition;
            let cells = [four, eight, &row.returns, &row.chance_returns, &row.with_return];
            let cells: Vec<String> = cells.iter().map(|c| format!("{:<15}", c.mean.to_string())).collect();
            writeln!(out, "{:<20} {:>6}  {}", row.name, row.pieces, cells.join(" ").trim_end())?;
        }
        Ok(())
    }

    fn write_composers(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n   by composer: patterns of 4 intervals heard before; blocks that return")?;
        write!(out, "{:<16}", "")?;
        for row in &self.rows {
            write!(out, " {:>20}", row.name)?;
        }
        writeln!(out)?;
        for (k, name) in self.composers.iter().enumerate() {
            let cell = |row: &FormRow| {
                let share = |values: &[Option<f64>]| {
                    let value = values.get(k).copied().flatten();
                    value.map_or("–".to_owned(), |v| format!("{v:.3}"))
                };
                let (repeated, returned) = (&row.repetition[0].by_composer, &row.returns.by_composer);
                format!("{}  {}", share(repeated), share(returned))
            };
            let cells: Vec<String> = self.rows.iter().map(|row| format!("{:>20}", cell(row))).collect();
            writeln!(out, "{name:<16} {}", cells.join(" "))?;
        }
        Ok(())
    }

    fn write_second_hearing(&self, out: &mut String) -> fmt::Result {
        let heard = &self.second_hearing;
        writeln!(
            out,
            "\n   a phrase and its beginning again ({} phrases): goes on as at the first hearing {}, a whole tone \
             higher {}, by chance {}",
            heard.phrases, heard.exact.mean, heard.transposed.mean, heard.chance.mean
        )?;
        if let (Some([first, second, higher]), Some([gain, higher_gain])) = (&heard.nll, &heard.gain) {
            writeln!(
                out,
                "   NLL per note: first hearing {first}, second {second} ({gain} less), a whole tone higher {higher} \
                 ({higher_gain} less)"
            )?;
        }
        Ok(())
    }

    fn write_places(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n   beginnings, middles, endings: medians of 48 notes")?;
        write!(out, "{:<30}", "")?;
        for figure in FIGURES {
            write!(out, " {figure:<15}")?;
        }
        writeln!(out, " AUC real or take")?;
        for (i, row) in self.rows.iter().enumerate() {
            // The first row is real music, of which more than the held-out pieces is needed here.
            let name = if i == 0 { "real, all pieces" } else { &row.name };
            for place in &row.places {
                write!(out, "{:<30}", format!("{name}, {}", place.place))?;
                for median in &place.medians {
                    write!(out, " {:<15}", median.to_string())?;
                }
                let auc = place.auc.map_or("–".to_owned(), |auc| auc.to_string());
                writeln!(out, " {auc}")?;
            }
        }
        Ok(())
    }

    fn write_told_apart(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n   real or take? AUC of gradient-boosted trees, folds by work")?;
        for row in &self.rows {
            for apart in &row.told_apart {
                writeln!(
                    out,
                    "{:<20} {:>5} notes: {} ({} segments of each)",
                    row.name, apart.notes, apart.auc, apart.segments
                )?;
            }
        }
        for apart in self.rows.get(1).map_or(&[][..], |row| &row.told_apart) {
            writeln!(out, "   what gives takes of {} notes away:", apart.notes)?;
            for sign in &apart.signs {
                writeln!(
                    out,
                    "   {:<50} real {:>7.3}, takes {:>7.3} (AUC alone {:.2})",
                    sign.feature, sign.real, sign.takes, sign.auc
                )?;
            }
        }
        Ok(())
    }
}
