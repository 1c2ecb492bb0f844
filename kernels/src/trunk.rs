//! Runs a plan on pictures, as one candle operation.

use std::ops::Range;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, bail};
use rayon::prelude::*;

use super::arena::Words;
use super::execute::{run_here, run_steps};
use super::feature_maps::FeatureMap;
use super::format::{Format, InstructionSet};
use super::plan::{Plan, Step, StepSummary, Work};
use super::pool_plan::PoolKind;
use super::together::in_steps;

/// Into which a step is cut to be timed: half a millisecond of the longest one, and still far more than it
/// takes to look at the clock. By AMX, which is several times as fast, some microseconds are little more than
/// its beginning and end.
const TIMED_PORTIONS: usize = 32;
const TIMED_AMX_PORTIONS: usize = 4;

/// A plan with the memory to run it: `[n, 3, height, width]`, pixel values 0 to 255 in f32, to
/// features `[n, feature_len]`, as one candle operation.
///
/// The same picture gives the same bits, whatever the batch and the number of threads.
pub struct Trunk {
    plan: Plan,
    /// Those that are free; there are as many as pictures were ever at work at once.
    arenas: Mutex<Vec<Words>>,
}

impl Trunk {
    /// Ready to run; memory for the maps is taken when the first pictures come.
    pub fn new(plan: Plan) -> Trunk {
        Trunk { plan, arenas: Mutex::new(Vec::new()) }
    }

    /// The plan that it runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// One picture `[3, height, width]` to its features, on this thread.
    ///
    /// # Panics
    /// When the picture or `features` has another length.
    pub fn features(&self, picture: &[f32], features: &mut [f32]) {
        self.check(picture, features);
        self.with_arena(|arena| run_here(&self.plan, arena, picture, features));
    }

    /// One picture, every step shared among the threads of the current rayon pool.
    fn features_together(&self, picture: &[f32], features: &mut [f32]) {
        self.check(picture, features);
        self.with_arena(|arena| {
            self.run_together(0..self.plan.steps.len(), arena, picture, features);
        });
    }

    /// One picture `[3, height, width]` to the maps that its features are the means of, in the order
    /// of the features. Every step is shared among the threads of the current rayon pool.
    ///
    /// # Panics
    /// When the picture has another length.
    pub fn maps(&self, picture: &[f32]) -> Vec<FeatureMap> {
        let mut features = vec![0.0; self.plan.feature_len];
        self.check(picture, &features);
        self.with_arena(|arena| {
            let mut maps = Vec::new();
            let mut first = 0;
            for (number, step) in self.plan.steps.iter().enumerate() {
                if let Work::Pool(pool) = &step.work
                    && pool.kind == PoolKind::Mean
                {
                    self.run_together(first..number, arena, picture, &mut features);
                    maps.push(FeatureMap::read(pool, self.plan.engine.format(), arena));
                    first = number + 1;
                }
            }
            maps
        })
    }

    fn run_together(
        &self,
        steps: Range<usize>,
        arena: &mut Words,
        picture: &[f32],
        features: &mut [f32],
    ) {
        let tasks: Vec<usize> = self.plan.steps[steps.clone()].iter().map(Step::tasks).collect();
        run_steps(&self.plan, arena, picture, features, &mut |run| {
            in_steps(&tasks, &|step, tasks| run(steps.start + step, tasks));
        });
    }

    /// The features of one picture, and the times of the portions of each step, one after the other on this
    /// thread. Whatever else the machine does meets a short portion more rarely than a long step, so that
    /// the best times of all portions are those of a machine with nothing else to do.
    pub fn timed(
        &self,
        picture: &[f32],
        features: &mut [f32],
    ) -> Vec<(&StepSummary, Vec<Duration>)> {
        self.check(picture, features);
        self.with_arena(|arena| {
            let run = |step: usize| {
                let portions = match self.plan.engine.set() {
                    InstructionSet::Amx => TIMED_AMX_PORTIONS,
                    _ => TIMED_PORTIONS,
                };
                let mut times = Vec::with_capacity(portions);
                let tasks = self.plan.steps[step].tasks();
                run_steps(&self.plan, arena, picture, features, &mut |run| {
                    let len = tasks.div_ceil(portions);
                    for first in (0..tasks).step_by(len) {
                        let start = Instant::now();
                        run(step, first..(first + len).min(tasks));
                        times.push(start.elapsed());
                    }
                });
                (&self.plan.steps[step].summary, times)
            };
            (0..self.plan.steps.len()).map(run).collect()
        })
    }

    /// The largest absolute value that each map holds for any of the pictures, in the order in which
    /// the maps were made.
    ///
    /// # Panics
    /// When the plan is not in f32.
    pub fn largest(&self, pictures: &[Vec<f32>]) -> Vec<f32> {
        assert!(self.plan.engine.format() == Format::F32, "only f32 holds values as they are");
        let nothing = || vec![0.0f32; self.plan.map_count()];
        let larger = |mut one: Vec<f32>, other: Vec<f32>| {
            one.iter_mut().zip(other).for_each(|(a, b)| *a = a.max(b));
            one
        };
        pictures.par_iter().map(|picture| self.largest_of(picture)).reduce(nothing, larger)
    }

    fn largest_of(&self, picture: &[f32]) -> Vec<f32> {
        let mut features = vec![0.0; self.plan.feature_len];
        let mut largest = vec![0.0f32; self.plan.map_count()];
        self.with_arena(|arena| {
            for (number, step) in self.plan.steps.iter().enumerate() {
                run_steps(&self.plan, arena, picture, &mut features, &mut |run| {
                    run(number, 0..step.tasks());
                });
                // The rest of the map still holds another picture's numbers.
                if matches!(step.work, Work::ClearHalo) {
                    continue;
                }
                let (layout, view) = step.output;
                let words = layout.words(view).map(|at| f32::from_bits(arena.word(at)).abs());
                largest[step.output_map] = words.fold(largest[step.output_map], f32::max);
            }
        });
        largest
    }

    fn check(&self, picture: &[f32], features: &[f32]) {
        let [height, width] = self.plan.picture_size();
        assert_eq!(picture.len(), 3 * height * width, "numbers of the picture");
        assert_eq!(features.len(), self.plan.feature_len, "numbers of the features");
    }

    fn with_arena<T>(&self, work: impl FnOnce(&mut Words) -> T) -> T {
        let free = || self.arenas.lock().expect("nothing panics while it holds the arenas");
        let kept = free().pop();
        let mut arena = kept.unwrap_or_else(|| Words::zeros(self.plan.arena_words));
        let result = work(&mut arena);
        free().push(arena);
        result
    }
}

impl CustomOp1 for Trunk {
    fn name(&self) -> &'static str {
        "trunk"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, channels, height, width) = layout.shape().dims4()?;
        let [h, w] = self.plan.picture_size();
        if [channels, height, width] != [3, h, w] {
            bail!(
                "the network takes pictures of 3 x {h} x {w}, not {channels} x {height} x {width}"
            );
        }
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("the pictures must lie one after the other");
        };
        let pictures = storage.as_slice::<f32>()?[start..end].chunks_exact(3 * height * width);
        let len = self.plan.feature_len;
        let mut features = vec![0.0; n * len];
        let mut both: Vec<(&[f32], &mut [f32])> =
            pictures.zip(features.chunks_exact_mut(len)).collect();
        // A picture for each thread, as long as there are enough: no thread waits for another. The
        // threads share the work of each picture that is left over.
        let threads = rayon::current_num_threads();
        let rest = both.split_off(n - n % threads);
        both.into_par_iter().for_each(|(picture, out)| self.features(picture, out));
        rest.into_iter().for_each(|(picture, out)| self.features_together(picture, out));
        Ok((CpuStorage::F32(features), (n, len).into()))
    }
}
