//! `simulate --seeds 100000` runs many lives on all cores; `simulate --seed 1234` repeats one life
//! and prints its trace.

use clap::Parser;
use rolecall_simulation::{Counts, Life, Options, Planted, live};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[derive(Parser)]
struct Args {
    /// Number of seeds
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// First seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run only this seed, and print its trace
    #[arg(long)]
    seed: Option<u64>,
    /// A bug that the simulation must find: lost-condition, swallowed-error, missing-guard,
    /// answer-decided-twice, event-before-its-write
    #[arg(long, value_parser = planted)]
    planted: Option<Planted>,
    /// Stop after so many broken promises
    #[arg(long, default_value_t = 5)]
    most: usize,
}

/// A life needs a deep stack, which tests get from `.cargo/config.toml`.
const STACK: usize = 16 << 20;

fn planted(name: &str) -> Result<Planted, String> {
    Planted::parse(name).ok_or_else(|| format!("unknown bug: {name}"))
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    // A panic is a broken promise and is reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let broken = match args.seed {
        Some(seed) => replay(seed, args.planted)?,
        None => many(&args)?,
    };
    Ok(if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn replay(seed: u64, planted: Option<Planted>) -> anyhow::Result<usize> {
    let options = Options {
        traced: true,
        planted,
    };
    let thread = std::thread::Builder::new().stack_size(STACK);
    let life = thread.spawn(move || live(seed, options))?.join();
    let life = life.map_err(|_| anyhow::anyhow!("seed {seed} panicked"))?;
    for line in &life.trace {
        println!("{line}");
    }
    println!("{:?}", life.counts);
    print_broken(&life);
    Ok(usize::from(life.broken.is_some()))
}

fn print_broken(life: &Life) {
    if let Some(broken) = &life.broken {
        let seed = life.seed;
        println!(
            "seed {seed} breaks {:?}: {}\n  to repeat: make simulate SEED={seed}",
            broken.promise, broken.what
        );
    }
}

fn many(args: &Args) -> anyhow::Result<usize> {
    let began = Instant::now();
    let next = AtomicU64::new(args.from);
    let found: Mutex<(Counts, BTreeMap<u64, Life>)> = Mutex::default();
    let options = Options {
        traced: false,
        planted: args.planted,
    };
    let end = args.from + args.seeds;
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let thread = std::thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let life = live(seed, options);
                    let Ok(mut found) = found.lock() else { return };
                    found.0.add(&life.counts);
                    if life.broken.is_some() {
                        print_broken(&life);
                        found.1.insert(seed, life);
                    }
                    if found.1.len() >= args.most {
                        next.store(end, Ordering::Relaxed);
                    }
                }
            })?;
        }
        std::io::Result::Ok(())
    })?;
    let (counts, broken) = found.into_inner().unwrap_or_default();
    let took = began.elapsed();
    let seeds = args.seeds;
    println!(
        "{seeds} seeds from {} in {:.1} s, {:.0} seeds/s; {} broke a promise",
        args.from,
        took.as_secs_f64(),
        seeds as f64 / took.as_secs_f64(),
        broken.len()
    );
    println!("{counts:?}");
    Ok(broken.len())
}
