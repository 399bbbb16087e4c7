//! A table in Markdown: medians in milliseconds, and Dunlin's speed relative to each peer with its spread.

use super::peers::Peer;
use super::run::{Cell, Row};

/// Prints the times, then how many times faster Dunlin is than each peer: median, and lowest to highest of the rounds.
pub fn print(section: &str, peers: &[Peer], rows: &[Row], runs: usize) {
    println!("\n## {section}: milliseconds, median of {runs} interleaved runs\n");
    println!("| program | {} |", peers.iter().map(|peer| peer.name).collect::<Vec<_>>().join(" | "));
    println!("| --- |{}", " ---: |".repeat(peers.len()));
    for row in rows {
        println!("| {} | {} |", row.name, row.cells.iter().map(time_text).collect::<Vec<_>>().join(" | "));
    }
    if peers.len() < 2 {
        return;
    }
    println!("\nTimes faster than the peer (below 1: slower), median and range over the rounds:\n");
    println!("| program | {} |", peers[1..].iter().map(|peer| peer.name).collect::<Vec<_>>().join(" | "));
    println!("| --- |{}", " ---: |".repeat(peers.len() - 1));
    let mut logarithms: Vec<Vec<f64>> = vec![Vec::new(); peers.len() - 1];
    for row in rows {
        let (own, others) = row.cells.split_first().expect("invariant: Dunlin is the first peer");
        let cells = others.iter().zip(&mut logarithms).map(|(other, sums)| match ratios(own, other) {
            Some(ratios) => {
                let middle = median(&ratios);
                sums.push(middle.ln());
                let (low, high) = range(&ratios);
                format!("{middle:.2} ({low:.2}..{high:.2})")
            }
            None => "-".to_string(),
        });
        println!("| {} | {} |", row.name, cells.collect::<Vec<_>>().join(" | "));
    }
    let means = logarithms.iter().map(|sums| match sums.len() {
        0 => "-".to_string(),
        count => format!("**{:.2}** of {count}", (sums.iter().sum::<f64>() / count as f64).exp()),
    });
    println!("| **geometric mean** | {} |", means.collect::<Vec<_>>().join(" | "));
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

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
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
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(range(&[3.0, 1.0, 2.0]), (1.0, 3.0));
    }
}
