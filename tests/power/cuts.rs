//! The power is cut at any moment, also while the site recovers from a cut.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::disk::PowerDisk;
use crate::rng::Rng;
use crate::site::{Picture, Site};

/// Power cuts of a short run; `tests/soak/power` makes more.
const IMAGES: usize = 300;
/// Power cuts of one site's life.
const IMAGES_OF_A_LIFE: usize = 100;
/// Transactions in a site's life.
const STEPS: usize = 40;
/// Cuts one after the other: the first, then during recovery from the one before.
const DEEPEST: usize = 3;

/// What was done to a disk, and what was promised when.
struct Life {
    disk: PowerDisk,
    /// From which position what is in the store; nothing else was ever acknowledged.
    promises: Vec<(usize, Picture)>,
    /// From here on the mark of a site lies beside the database.
    installed_from: usize,
}

impl Life {
    /// A site from its first byte on.
    fn record(directory: &Path, rng: &mut Rng) -> Self {
        clear(directory);
        let disk = PowerDisk::new();
        let mut site = Site::open(directory, &disk).unwrap();
        let installed_from = disk.position();
        let mut promises = vec![(0, site.picture().unwrap())];
        site.init().unwrap();
        promises.push((disk.position(), site.picture().unwrap()));
        for number in 0..STEPS {
            if rng.percent(10) {
                drop(site);
                site = Site::open(directory, &disk).unwrap();
            }
            site.work(rng, number);
            promises.push((disk.position(), site.picture().unwrap()));
        }
        site.check().unwrap();
        drop(site);
        Self { disk, promises, installed_from }
    }

    /// What may be found after a cut at `at`: what was acknowledged last, or the transaction that was under way.
    fn allowed(&self, at: usize) -> Vec<Picture> {
        let last = self.promises.partition_point(|(position, _)| *position <= at) - 1;
        self.promises[last..].iter().take(2).map(|(_, picture)| *picture).collect()
    }
}

/// Takes everything out of a directory.
fn clear(directory: &Path) {
    fs::remove_dir_all(directory).unwrap();
    fs::create_dir(directory).unwrap();
}

/// Cuts the power in `life` and looks at what is left; then again during the recovery.
struct Cutter<'a> {
    directory: &'a Path,
    rng: &'a mut Rng,
    images: usize,
    slowest: Duration,
    /// The image looked at last.
    last: Vec<u8>,
}

impl Cutter<'_> {
    fn cut(&mut self, life: &Life, at: usize, lies_from: usize, depth: usize) -> Result<(), String> {
        let image = life.disk.cut(at, lies_from, self.rng);
        self.images += 1;
        self.last.clone_from(&image);
        clear(self.directory);
        let installed = at >= life.installed_from;
        if installed {
            fs::write(self.directory.join("installed"), b"").unwrap();
        }
        // With it the whole file is read first; without it a plain opening has to do.
        if self.rng.percent(50) {
            fs::write(self.directory.join("open"), b"").unwrap();
        }
        if installed {
            opens_without_repair(&image)?;
        }
        let disk = PowerDisk::holding(image);
        let begun = Instant::now();
        let site = Site::open(self.directory, &disk).map_err(|error| format!("cannot be opened: {error}"))?;
        self.slowest = self.slowest.max(begun.elapsed());
        let installed_from = if installed { 0 } else { disk.position() };
        let found = site.picture().map_err(|error| format!("cannot be read: {error}"))?;
        if !life.allowed(at).contains(&found) {
            return Err("acknowledged work is lost, or half of a transaction is there".to_owned());
        }
        site.check()?;
        let mut promises = vec![(0, found)];
        // Another name each time: that of the recovery before may be there.
        let name = format!("after{depth}@example.com");
        let write = || if site.admin().is_some() { site.add_user(&name) } else { site.init() };
        write().map_err(|error| format!("cannot be written: {error}"))?;
        promises.push((disk.position(), site.picture().map_err(|error| error.to_string())?));
        site.check()?;
        drop(site);
        if depth < DEEPEST && self.rng.percent(60) {
            let recovery = Life { disk, promises, installed_from };
            let at = self.rng.below(recovery.disk.position() + 1);
            let looked = self.cut(&recovery, at, usize::MAX, depth + 1);
            return looked.map_err(|error| format!("cut {} during recovery: {error}", depth + 1));
        }
        Ok(())
    }
}

fn number_from(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn no_power_cut_loses_acknowledged_work_or_leaves_half_of_a_transaction() {
    let images = number_from("STOCKROOM_POWER_IMAGES").map_or(IMAGES, |images| images as usize);
    let seed = number_from("STOCKROOM_POWER_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("{images} power cuts, seed {seed}");
    let directory = crate::directory();
    let (mut done, mut slowest, mut lives, begun) = (0, Duration::ZERO, 0, Instant::now());
    while done < images {
        let mut rng = Rng::new(seed.wrapping_add(lives << 32));
        lives += 1;
        let life = Life::record(directory.path(), &mut rng);
        let mut cutter =
            Cutter { directory: directory.path(), rng: &mut rng, images: 0, slowest, last: Vec::new() };
        while cutter.images < IMAGES_OF_A_LIFE && done + cutter.images < images {
            // One in ten while the site is made.
            let within = if cutter.rng.percent(10) { life.installed_from } else { life.disk.position() };
            let at = cutter.rng.below(within + 1);
            if let Err(error) = cutter.cut(&life, at, usize::MAX, 1) {
                let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("power-{seed}.redb"));
                fs::write(&kept, &cutter.last).unwrap();
                panic!(
                    "seed {seed}, site {lives}, image {}, cut at {at}: {error}; the image is `{}`",
                    done + cutter.images,
                    kept.display()
                );
            }
        }
        done += cutter.images;
        slowest = cutter.slowest;
    }
    println!(
        "{done} images of {lives} sites in {:.1} s: nothing lost, nothing partial, all opened; slowest opening {} ms",
        begun.elapsed().as_secs_f64(),
        slowest.as_millis()
    );
}

/// The control: what finds nothing on a disk that lies would find nothing on any.
#[test]
fn a_disk_that_does_not_sync_is_found_out() {
    let directory = crate::directory();
    let mut rng = Rng::new(7);
    let life = Life::record(directory.path(), &mut rng);
    let mut cutter = Cutter {
        directory: directory.path(),
        rng: &mut rng,
        images: 0,
        slowest: Duration::ZERO,
        last: Vec::new(),
    };
    let mut found_out = 0;
    for _ in 0..100 {
        let after = life.installed_from;
        let at = after + cutter.rng.below(life.disk.position() - after + 1);
        let looked = catch_unwind(AssertUnwindSafe(|| cutter.cut(&life, at, after, DEEPEST)));
        found_out += usize::from(!matches!(looked, Ok(Ok(()))));
    }
    println!("{found_out} of 100 images of a disk that lies were found out");
    assert!(found_out >= 60, "{found_out} of 100");
}

/// Whether redb opens `image` without reading and repairing the whole file: what [`stockroom::store::Store`] asks for
/// in every transaction.
fn opens_without_repair(image: &[u8]) -> Result<(), String> {
    let mut builder = redb::Database::builder();
    builder.set_repair_callback(redb::RepairSession::abort);
    let opened = builder.create_with_backend(PowerDisk::holding(image.to_vec()));
    opened.map(drop).map_err(|error| format!("needs a repair: {error}"))
}

#[test]
fn a_large_site_opens_quickly_after_a_power_cut() {
    let directory = crate::directory();
    let site = Site::large(directory.path());
    let picture = site.picture().unwrap();
    let image = site.disk.cut(site.disk.position(), usize::MAX, &mut Rng::new(1));
    drop(site);
    opens_without_repair(&image).unwrap();
    for after in ["without the check", "with the check"] {
        if after == "with the check" {
            fs::write(directory.path().join("open"), b"").unwrap();
        }
        let disk = PowerDisk::holding(image.clone());
        let begun = Instant::now();
        let site = Site::open(directory.path(), &disk).unwrap();
        let (read, milliseconds) = (disk.bytes_read(), begun.elapsed().as_millis());
        println!("{} MB, {after}: opened in {milliseconds} ms, {} KB read", image.len() >> 20, read >> 10);
        // With debug assertions redb reads all of it at every opening.
        if after == "without the check" && !cfg!(debug_assertions) {
            assert!(read < image.len() as u64 / 20, "{read} bytes of {} read", image.len());
        }
        assert_eq!(site.picture().unwrap(), picture);
    }
}
