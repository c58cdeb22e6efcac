/**
 * Who does what. Every thread runs the same commands; work that can be shared is dealt as numbered tasks, taken from a
 * counter by whoever is free. Which thread takes a task never changes its result.
 *
 * The threads meet through a block of words in shared memory. They spin for a moment, since the next command is
 * usually microseconds away, and then sleep. The main thread of a page may not sleep: it spins on.
 * Builds without threads compile all of this away.
 */

import { CommandFlags } from './opcodes';

/** The shared words; one thread's stores are seen by the others through atomic loads. */
@unmanaged
class Control {
  /** Counts jobs: a change wakes the workers. */
  job: u32;
  /** Address of the commands of the job. */
  commands: u32;
  /** Threads that have come to the barrier, and how often all have. */
  arrived: u32;
  generation: u32;
  /** Threads that sleep on `generation`. */
  sleepers: u32;
  /** 1: a thread has failed, or the device is closed. Nobody waits any longer. */
  stopped: u32;
  /** Scratch memory of thread 0, and the bytes from one thread's to the next. */
  scratch: u32;
  scratchBytes: u32;
}

/** Where the number of tasks taken since the last barrier is; and the tasks that each worker has taken so far. */

// @ts-ignore: decorator
@inline const COUNTER: usize = 64;
// @ts-ignore: decorator
@inline const PROGRESS: usize = 128;
/** Loads before a thread sleeps: some 0.1 ms at a barrier, more between jobs. To be woken takes half of that, or more. */
// @ts-ignore: decorator
@inline const BARRIER_SPINS: u32 = 200000;
// @ts-ignore: decorator
@inline const JOB_SPINS: u32 = 400000;
/** Loads between two looks of a main thread that may not sleep at whether all are well. */
// @ts-ignore: decorator
@inline const PATIENCE: u32 = 1 << 22;
/** 50 ms: how long the main thread sleeps at once. */
// @ts-ignore: decorator
@inline const SLICE: i64 = 50000000;

/** Called by the main thread while it waits: whether the workers are past hope. */
// @ts-ignore: decorator
@external("env", "stalled")
declare function stalled(): bool;

let control: usize = 0;
/** This instance's place among the threads, 0 for the one that the user's program runs on. */
let threadIndex: u32 = 0;
let threadCount: u32 = 1;
/** Whether this thread may block in atomic.wait. */
let maySleep: bool = true;
/** This thread's own scratch memory. */
export let scratch: usize = 0;

/** Whether the command that runs is shared by all threads (else it is this thread's alone). */
let shared: bool = false;

/** Tells this instance who it is; `controlAddress` is 0 where there is one thread. */
export function setThread(index: u32, count: u32, controlAddress: usize, sleeps: bool): void {
  threadIndex = index;
  threadCount = count;
  control = controlAddress;
  maySleep = sleeps;
}

export function setScratch(address: usize): void {
  scratch = address;
}

// @ts-ignore: decorator
@inline
function words(): Control {
  return changetype<Control>(control);
}

/** The first task of this thread. Use: for (let t = firstTask(); t < tasks; t = nextTask(t)). */
// @ts-ignore: decorator
@inline
export function firstTask(): u32 {
  return ASC_FEATURE_THREADS && shared ? takeTask() : 0;
}

// @ts-ignore: decorator
@inline
export function nextTask(task: u32): u32 {
  return ASC_FEATURE_THREADS && shared ? takeTask() : task + 1;
}

function takeTask(): u32 {
  if (threadIndex) atomic.add<u32>(control + PROGRESS + (threadIndex << 2), 1);
  return atomic.add<u32>(control + COUNTER, 1);
}

/** All threads that share the command meet here; what each wrote before is seen by all after. */
// @ts-ignore: decorator
@inline
export function barrier(): void {
  if (ASC_FEATURE_THREADS && shared) meet();
}

function meet(): void {
  const generation = atomic.load<u32>(control, offsetof<Control>("generation"));
  if (atomic.add<u32>(control, 1, offsetof<Control>("arrived")) + 1 == threadCount) {
    atomic.store<u32>(control, 0, offsetof<Control>("arrived"));
    atomic.store<u32>(control + COUNTER, 0);
    atomic.store<u32>(control, generation + 1, offsetof<Control>("generation"));
    // Whoever is not yet counted as asleep will see the new generation and not sleep.
    if (atomic.load<u32>(control, offsetof<Control>("sleepers"))) {
      atomic.notify(control + offsetof<Control>("generation"), -1);
    }
    return;
  }
  let spins = BARRIER_SPINS;
  while (atomic.load<u32>(control, offsetof<Control>("generation")) == generation) {
    if (--spins) continue;
    if (atomic.load<u32>(control, offsetof<Control>("stopped"))) unreachable();
    if (maySleep) {
      atomic.add<u32>(control, 1, offsetof<Control>("sleepers"));
      atomic.wait<u32>(control + offsetof<Control>("generation"), generation, SLICE);
      atomic.sub<u32>(control, 1, offsetof<Control>("sleepers"));
      spins = 1;
    } else {
      spins = PATIENCE;
    }
    if (threadIndex == 0 && stalled()) unreachable();
  }
}

/** Whether the command with these flags is to run on this thread now; meets the others where it must. */
// @ts-ignore: decorator
@inline
export function enter(flags: u32): bool {
  if (!ASC_FEATURE_THREADS || threadCount == 1) return true;
  return enterShared(flags);
}

/** Whether thread 0 has run commands alone since all last met. */
let alone: bool = false;

function enterShared(flags: u32): bool {
  if (flags & CommandFlags.Parallel) {
    shared = true;
    if (alone) meet();
    alone = false;
    return true;
  }
  shared = false;
  alone = true;
  return threadIndex == 0;
}

/** Meets the others after a shared command. Returns whether this thread has nothing more to do in the job. */
// @ts-ignore: decorator
@inline
export function leave(flags: u32): bool {
  if (!ASC_FEATURE_THREADS || threadCount == 1) return false;
  if (flags & CommandFlags.Parallel) meet();
  return threadIndex != 0 && (flags & CommandFlags.Last) != 0;
}

/** Main thread: gives a job to the workers. The caller then runs the same commands. */
export function post(commands: usize): void {
  if (!ASC_FEATURE_THREADS) return;
  alone = false;
  words().commands = <u32>commands;
  atomic.add<u32>(control, 1, offsetof<Control>("job"));
  atomic.notify(control, -1);
}

/** Main thread: nobody waits any longer. */
export function stop(): void {
  if (!ASC_FEATURE_THREADS) return;
  atomic.store<u32>(control, 1, offsetof<Control>("stopped"));
  atomic.add<u32>(control, 1, offsetof<Control>("job"));
  atomic.notify(control, -1);
  atomic.notify(control + offsetof<Control>("generation"), -1);
}

/** Worker: waits for a job that is not number `last`; returns its number. */
export function awaitJob(last: u32): u32 {
  if (!ASC_FEATURE_THREADS) return 0;
  let spins = JOB_SPINS;
  while (true) {
    const job = atomic.load<u32>(control);
    if (job != last) {
      alone = false;
      scratch = words().scratch + threadIndex * words().scratchBytes;
      return job;
    }
    if (--spins == 0) {
      atomic.wait<u32>(control, last, -1);
      spins = 1;
    }
  }
}

/** Worker: the commands of the job. 0: there will be no more. */
export function jobCommands(): usize {
  if (!ASC_FEATURE_THREADS) return 0;
  return atomic.load<u32>(control, offsetof<Control>("stopped")) ? 0 : words().commands;
}
