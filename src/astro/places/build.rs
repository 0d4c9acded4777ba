//! Writes `data/places/places.bin` from the table of `data/places/build_places.py`. Run by hand, as a test that is ignored.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use fst::MapBuilder;

use super::asset::{KEY_EVERY, LAST, LATER, MAGIC, NAME_EVERY, POPULATION_EVERY, STEPS, USUAL};
use super::fold::fold;

/// Places from this size on are found by the later words of their names too.
const LATER_WORDS_FROM: u32 = 15_000;
/// Longest symbol of the names, bytes.
const SYMBOL_BYTES_MAX: usize = 8;
/// Rounds in which the symbols are chosen.
const ROUNDS: usize = 6;
/// Bytes that are left of a key, longer ones being no names but remarks.
const KEY_BYTES_MAX: usize = 60;

struct Row<'a> {
    id: u32,
    region: usize,
    latitude_deg: f64,
    longitude_deg: f64,
    population: u32,
    name: &'a str,
    others: Vec<&'a str>,
}

#[test]
#[ignore = "writes the asset; see data/README.md"]
fn write_the_places() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/places");
    let table = fs::read_to_string(folder.join("places.tsv")).unwrap();
    let (rows, regions) = rows(&table);
    let keys = keys(&rows);
    let mut fst = MapBuilder::memory();
    for (ordinal, key) in keys.keys().enumerate() {
        fst.insert(key, ordinal as u64).unwrap();
    }
    let (symbols, names) = names(&rows);
    let sections = [
        regions.into_bytes(),
        points(&rows),
        populations(&rows),
        symbols,
        names,
        postings(&keys),
        fst.into_inner().unwrap(),
    ];
    let mut out = MAGIC.to_vec();
    out.extend((rows.len() as u32).to_le_bytes());
    out.extend((keys.len() as u32).to_le_bytes());
    for section in &sections {
        out.extend((section.len() as u32).to_le_bytes());
    }
    let sizes: Vec<usize> = sections.iter().map(Vec::len).collect();
    for section in &sections {
        out.extend(section);
    }
    println!("{} places, {} keys, {} bytes, sections {sizes:?}", rows.len(), keys.len(), out.len());
    fs::write(folder.join("places.bin"), out).unwrap();
}

fn rows(table: &str) -> (Vec<Row<'_>>, String) {
    let mut regions: BTreeMap<String, usize> = BTreeMap::new();
    let fields: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    let region_of = |f: &[&str]| format!("{}\t{}\t{}\t{}\n", f[1], f[2], f[3], f[4]);
    for f in &fields {
        regions.insert(region_of(f), 0);
    }
    for (index, (_, number)) in regions.iter_mut().enumerate() {
        *number = index;
    }
    let row = |f: &Vec<&'_ str>| {
        (f[0].parse().unwrap(), regions[&region_of(f)], f[5].parse().unwrap(), f[6].parse().unwrap())
    };
    let rows = fields
        .iter()
        .map(|f| {
            let (id, region, latitude_deg, longitude_deg) = row(f);
            let others = f[9].split('|').filter(|name| !name.is_empty()).collect();
            Row { id, region, latitude_deg, longitude_deg, population: f[7].parse().unwrap(), name: f[8], others }
        })
        .collect();
    let text = regions.keys().cloned().collect();
    (rows, text)
}

/// Postings by key, in the order of bytes; the usual name counts where a name is given twice.
fn keys(rows: &[Row<'_>]) -> BTreeMap<Vec<u8>, BTreeMap<u32, bool>> {
    let mut keys: BTreeMap<Vec<u8>, BTreeMap<u32, bool>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let usual = fold(row.name);
        for (name, is_usual) in std::iter::once((row.name, true)).chain(row.others.iter().map(|name| (*name, false))) {
            let key = fold(name);
            if !key.is_empty() && key.len() <= KEY_BYTES_MAX {
                *keys.entry(key.into_bytes()).or_default().entry(place as u32).or_default() |= is_usual;
            }
        }
        if row.population >= LATER_WORDS_FROM {
            for (space, _) in usual.match_indices(' ') {
                let key = format!("{LATER}{}", &usual[space + 1..]);
                keys.entry(key.into_bytes()).or_default().insert(place as u32, true);
            }
        }
    }
    keys
}

fn postings(keys: &BTreeMap<Vec<u8>, BTreeMap<u32, bool>>) -> Vec<u8> {
    let (mut samples, mut out, mut count) = (Vec::new(), Vec::<u8>::new(), 0_u32);
    for (ordinal, places) in keys.values().enumerate() {
        if ordinal.is_multiple_of(KEY_EVERY) {
            samples.extend(count.to_le_bytes());
        }
        for (index, (place, is_usual)) in places.iter().enumerate() {
            let last = if index + 1 == places.len() { LAST } else { 0 };
            let posting = place | last | if *is_usual { USUAL } else { 0 };
            out.extend(&posting.to_le_bytes()[..3]);
            count += 1;
        }
    }
    if keys.len().is_multiple_of(KEY_EVERY) {
        samples.extend(count.to_le_bytes());
    }
    samples.extend(out);
    samples
}

fn points(rows: &[Row<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for row in rows {
        let lat = ((row.latitude_deg + 90.0) / 180.0 * STEPS).round() as u64;
        let lon = ((row.longitude_deg + 180.0) / 360.0 * STEPS).round() as u64;
        out.extend((row.region as u16).to_le_bytes());
        out.extend(&(lat << 20 | lon).to_le_bytes()[..5]);
        out.extend(&row.id.to_le_bytes()[..3]);
    }
    out
}

fn populations(rows: &[Row<'_>]) -> Vec<u8> {
    let (mut samples, mut out) = (Vec::new(), Vec::<u8>::new());
    for (place, row) in rows.iter().enumerate() {
        if place % POPULATION_EVERY == 0 {
            samples.extend(row.population.to_le_bytes());
            samples.extend((out.len() as u32).to_le_bytes());
            continue;
        }
        let mut delta = rows[place - 1].population - row.population;
        while delta >= 0x80 {
            out.push(delta as u8 | 0x80);
            delta >>= 7;
        }
        out.push(delta as u8);
    }
    samples.extend(out);
    samples
}

/// A table of at most 255 strings of which every name is made, and the names in its codes, 0 after each.
fn names(rows: &[Row<'_>]) -> (Vec<u8>, Vec<u8>) {
    let bytes: BTreeSet<u8> = rows.iter().flat_map(|row| row.name.bytes()).collect();
    let singles: Vec<Vec<u8>> = bytes.iter().map(|byte| vec![*byte]).collect();
    let mut table = singles.clone();
    for _ in 0..ROUNDS {
        let mut gains: HashMap<Vec<u8>, usize> = HashMap::new();
        let lookup = codes_of(&table);
        for row in rows {
            let codes = encode(row.name.as_bytes(), &lookup);
            for (index, code) in codes.iter().enumerate() {
                let symbol = &table[*code];
                *gains.entry(symbol.clone()).or_default() += symbol.len();
                let Some(next) = codes.get(index + 1).map(|next| &table[*next]) else { continue };
                let joined = [symbol.as_slice(), next].concat();
                if joined.len() <= SYMBOL_BYTES_MAX {
                    *gains.entry(joined.clone()).or_default() += joined.len();
                }
            }
        }
        let mut ranked: Vec<(usize, Vec<u8>)> =
            gains.into_iter().filter(|(symbol, _)| symbol.len() > 1).map(|(symbol, gain)| (gain, symbol)).collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        table = singles.clone();
        table.extend(ranked.into_iter().take(255 - singles.len()).map(|(_, symbol)| symbol));
    }
    let mut symbols = Vec::new();
    for symbol in &table {
        symbols.push(symbol.len() as u8);
        symbols.extend(symbol);
    }
    let lookup = codes_of(&table);
    let (mut samples, mut out) = (Vec::new(), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        if place % NAME_EVERY == 0 {
            samples.extend((out.len() as u32).to_le_bytes());
        }
        out.extend(encode(row.name.as_bytes(), &lookup).into_iter().map(|code| code as u8 + 1));
        out.push(0);
    }
    samples.extend(out);
    (symbols, samples)
}

/// The fewest symbols that make a text, by position in the table.
fn encode(text: &[u8], codes_of: &HashMap<&[u8], usize>) -> Vec<usize> {
    let mut best: Vec<(usize, usize)> = vec![(0, 0); text.len() + 1];
    for from in (0..text.len()).rev() {
        best[from] = (usize::MAX, 0);
        for size in 1..=SYMBOL_BYTES_MAX.min(text.len() - from) {
            if codes_of.contains_key(&text[from..from + size]) && best[from + size].0 < best[from].0 - 1 {
                best[from] = (best[from + size].0 + 1, size);
            }
        }
    }
    let (mut codes, mut from) = (Vec::new(), 0);
    while from < text.len() {
        let size = best[from].1;
        codes.push(codes_of[&text[from..from + size]]);
        from += size;
    }
    codes
}

fn codes_of(table: &[Vec<u8>]) -> HashMap<&[u8], usize> {
    table.iter().enumerate().map(|(code, symbol)| (symbol.as_slice(), code)).collect()
}
