//! A table in Markdown: medians in milliseconds, and Dunlin's speed relative to each peer with its spread.

use super::Measure;
use super::peers::Peer;
use super::run::{Cell, Row, median};

/// Prints the times, then how many times faster Dunlin is than each peer: median, and lowest to highest of the rounds.
/// Peers that have no program of the section get no column.
pub fn print(section: &str, measure: Measure, peers: &[Peer], rows: &[Row], runs: usize) {
    let what = match measure {
        Measure::Inside => "milliseconds inside the program",
        Measure::Process => "milliseconds from start to end of the process",
    };
    println!("\n## {section}: {what}, median of {runs} interleaved runs\n");
    let has_any = |&column: &usize| {
        rows.iter().any(|row| !matches!(&row.cells[column], Cell::Missing(reason) if reason == "-"))
    };
    let columns: Vec<usize> = (0..peers.len()).filter(has_any).collect();
    print_row("program", columns.iter().map(|&column| peers[column].name.clone()));
    println!("| --- |{}", " ---: |".repeat(columns.len()));
    for row in rows {
        print_row(&row.name, columns.iter().map(|&column| time_text(&row.cells[column])));
    }
    if columns.len() > 1 {
        print_ratios(peers, rows, &columns);
    }
}

fn print_row(name: &str, cells: impl Iterator<Item = String>) {
    println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn print_ratios(peers: &[Peer], rows: &[Row], columns: &[usize]) {
    let others = &columns[1..];
    println!(
        "\nTimes that {} is faster (below 1: slower), median and range over the rounds:\n",
        peers[0].name
    );
    print_row("program", others.iter().map(|&column| peers[column].name.clone()));
    println!("| --- |{}", " ---: |".repeat(others.len()));
    let mut logarithms: Vec<Vec<f64>> = vec![Vec::new(); others.len()];
    for row in rows {
        let cells = others.iter().zip(&mut logarithms).map(|(&column, sums)| {
            let Some(ratios) = ratios(&row.cells[0], &row.cells[column]) else { return "-".to_string() };
            let middle = median(&ratios);
            sums.push(middle.ln());
            let (low, high) = range(&ratios);
            format!("{middle:.2} ({low:.2}..{high:.2})")
        });
        print_row(&row.name, cells);
    }
    let means = logarithms.iter().map(|sums| match sums.len() {
        0 => "-".to_string(),
        count => format!("**{:.2}** of {count}", (sums.iter().sum::<f64>() / count as f64).exp()),
    });
    print_row("**geometric mean**", means);
}

/// One table of peaks; a peer without the program has no column.
pub fn print_memory(program: &str, peers: &[Peer], peaks: &[Option<f64>]) {
    println!("\n{program}: megabytes of resident memory at its peak, median\n");
    let found: Vec<(&Peer, f64)> =
        peers.iter().zip(peaks).filter_map(|(peer, peak)| Some((peer, (*peak)?))).collect();
    print_row("", found.iter().map(|(peer, _)| peer.name.clone()));
    println!("| --- |{}", " ---: |".repeat(found.len()));
    print_row("MB", found.iter().map(|(_, peak)| format!("{peak:.1}")));
}

fn time_text(cell: &Cell) -> String {
    match cell {
        Cell::Times(times) => {
            let time = median(times);
            if time < 10.0 { format!("{time:.2}") } else { format!("{time:.0}") }
        }
        Cell::Missing(reason) => reason.clone(),
    }
}

/// One ratio a round: both times of a round were measured next to each other.
fn ratios(own: &Cell, other: &Cell) -> Option<Vec<f64>> {
    let (Cell::Times(own), Cell::Times(other)) = (own, other) else { return None };
    let ratios: Vec<f64> =
        own.iter().zip(other).map(|(own, other)| other / own.max(f64::MIN_POSITIVE)).collect();
    (!ratios.is_empty()).then_some(ratios)
}

fn range(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round() {
        let own = Cell::Times(vec![1.0, 2.0, 4.0]);
        let other = Cell::Times(vec![2.0, 4.0, 8.0]);
        assert_eq!(ratios(&own, &other), Some(vec![2.0, 2.0, 2.0]));
        assert_eq!(ratios(&own, &Cell::Missing("-".to_string())), None);
        assert_eq!(range(&[3.0, 1.0, 2.0]), (1.0, 3.0));
    }
}
