/**
 * Who does what. The main thread goes through a plan; a command that is worth it is done together. Its work is dealt as
 * numbered tasks, and which thread takes a task never changes its result.
 *
 * A loop over tasks is a phase. The main thread opens it (its number and the tasks left are one 64-bit ticket), all
 * threads take tasks from it, and the main thread goes on when all tasks are done. It waits for tasks, never for
 * threads: a worker that the system has put aside, or that still sleeps, comes late, finds the ticket of another phase
 * and takes nothing. So a busy machine makes a plan slower, but no slower than one thread would be.
 *
 * A worker runs the kernel of the command like the main thread, but each loop only while its phase is open. What it
 * reads and does outside of tasks (in its own scratch memory) is harmless if it is late, as long as the commands are
 * there: before the main thread frees commands or scratch memory it waits until no worker is inside a kernel.
 *
 * Who waits spins for a moment and then sleeps; the main thread of a page may not sleep and spins on. Builds without
 * threads compile all of this away.
 */
import { CommandFlags } from './opcodes';

/** The shared words; src/threads.ts knows some of them by their place. */
@unmanaged
class Control {
  /** The command that is run together, 0 for none. */
  command: u32;
  /** The number of its first phase; 0 while the two change. */
  start: u32;
  /** Workers that sleep until another phase opens. */
  sleepers: u32;
  /** Tasks of the phase that are done. */
  done: u32;
  /** 1: the main thread sleeps until more are. */
  mainSleeps: u32;
  /** 1: a thread has failed, or the device is closed. Nobody waits any longer. */
  stopped: u32;
  /** Scratch memory of thread 0, and the bytes from one thread's to the next. */
  scratch: u32;
  scratchBytes: u32;
  /** Workers inside a kernel. */
  active: u32;
}

/** On a cache line of its own: the ticket, tasks left in the low half and the phase's number in the high one. */
// @ts-ignore: decorator
@inline const TICKET: usize = 64;
// @ts-ignore: decorator
@inline const PHASE: usize = 68;
/** For each worker a count that goes up with every task that it takes, and within long ones: signs of life. */
// @ts-ignore: decorator
@inline const PROGRESS: usize = 128;
/** Loads before the main thread sleeps, and before a worker does: to be woken takes some 50 microseconds. */
// @ts-ignore: decorator
@inline const MAIN_SPINS: u32 = 100000;
// @ts-ignore: decorator
@inline const WORKER_SPINS: u32 = 200000;
/** Loads between two looks of a main thread that may not sleep at whether all are well. */
// @ts-ignore: decorator
@inline const PATIENCE: u32 = 1 << 22;
/** 50 ms: how long the main thread sleeps at once. */
// @ts-ignore: decorator
@inline const SLICE: i64 = 50000000;
/** 1 ms: how long one sleeps whom nobody may wake. */
// @ts-ignore: decorator
@inline const MOMENT: i64 = 1000000;
/** More than any number of tasks. */
// @ts-ignore: decorator
@inline const NONE: u32 = 0xffffffff;

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
/** The number of the phase that this thread is in, and its tasks. */
let phase: u32 = 0;
let phaseTasks: u32 = 0;
/** Worker: `start` of the command that it is in. */
let joined: u32 = 0;

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

/** How many threads take tasks of the command that runs. */
// @ts-ignore: decorator
@inline
export function sharers(): u32 {
  return ASC_FEATURE_THREADS && shared ? threadCount : 1;
}

/** The first task of this thread. Use: for (let t = firstTask(tasks); t < tasks; t = nextTask(t)). */
// @ts-ignore: decorator
@inline
export function firstTask(tasks: u32): u32 {
  return ASC_FEATURE_THREADS && shared ? openPhase(tasks) : 0;
}

// @ts-ignore: decorator
@inline
export function nextTask(task: u32): u32 {
  if (!ASC_FEATURE_THREADS || !shared) return task + 1;
  finishTask();
  return takeTask();
}

function openPhase(tasks: u32): u32 {
  phase++;
  phaseTasks = tasks;
  if (threadIndex == 0) {
    atomic.store<u32>(control, 0, offsetof<Control>("done"));
    atomic.store<u64>(control + TICKET, (<u64>phase << 32) | tasks);
    // Whoever is not yet counted as asleep will see the new phase and not sleep.
    if (tasks > 1 && atomic.load<u32>(control, offsetof<Control>("sleepers"))) atomic.notify(control + PHASE, -1);
  }
  return takeTask();
}

function takeTask(): u32 {
  while (true) {
    const ticket = atomic.load<u64>(control + TICKET);
    const ahead = <i32>(phase - <u32>(ticket >> 32));
    if (ahead > 0) {
      // A worker that has nothing to do in the phase that is open waits for its next one to open.
      if (!awaitPhase(<u32>(ticket >> 32))) return NONE;
      continue;
    }
    const left = <u32>ticket;
    if (ahead < 0 || left == 0) return NONE;
    if (atomic.cmpxchg<u64>(control + TICKET, ticket, ticket - 1) == ticket) {
      if (threadIndex) atomic.add<u32>(control + PROGRESS + (threadIndex << 2), 1);
      return phaseTasks - left;
    }
  }
}

/** Within a task that may take seconds, now and then: the main thread gives up workers of which it sees nothing for long. */
// @ts-ignore: decorator
@inline
export function alive(): void {
  if (ASC_FEATURE_THREADS && shared && threadIndex) atomic.add<u32>(control + PROGRESS + (threadIndex << 2), 1);
}

function finishTask(): void {
  atomic.add<u32>(control, 1, offsetof<Control>("done"));
  if (threadIndex && atomic.load<u32>(control, offsetof<Control>("mainSleeps"))) {
    atomic.notify(control + offsetof<Control>("done"), 1);
  }
}

/** After a loop over tasks: what all of them wrote is there. A worker goes on to wait for the next phase. */
// @ts-ignore: decorator
@inline
export function barrier(): void {
  if (ASC_FEATURE_THREADS && shared && threadIndex == 0) finishPhase();
}

/** Main thread: waits until all tasks of the phase are done. */
function finishPhase(): void {
  let spins = MAIN_SPINS;
  while (true) {
    const done = atomic.load<u32>(control, offsetof<Control>("done"));
    if (done == phaseTasks) return;
    if (--spins) continue;
    if (maySleep) {
      atomic.store<u32>(control, 1, offsetof<Control>("mainSleeps"));
      atomic.wait<u32>(control + offsetof<Control>("done"), done, SLICE);
      atomic.store<u32>(control, 0, offsetof<Control>("mainSleeps"));
      spins = 1000;
    } else {
      spins = PATIENCE;
    }
    if (stalled()) unreachable();
  }
}

/** Main thread: begins a command, which the others may join if its flags say so. */
// @ts-ignore: decorator
@inline
export function enter(command: usize, flags: u32): void {
  if (ASC_FEATURE_THREADS && threadCount > 1) {
    shared = (flags & CommandFlags.Parallel) != 0;
    if (shared) {
      atomic.store<u32>(control, 0, offsetof<Control>("start"));
      atomic.store<u32>(control, <u32>command, offsetof<Control>("command"));
      atomic.store<u32>(control, phase + 1, offsetof<Control>("start"));
    }
  }
}

/** Main thread: waits for the others' last tasks. */
// @ts-ignore: decorator
@inline
export function leave(): void {
  barrier();
}

/** Main thread: returns when no worker is inside a kernel, and lets none in until the next command. */
export function quiesce(): void {
  if (!ASC_FEATURE_THREADS || threadCount == 1) return;
  atomic.store<u32>(control, 0, offsetof<Control>("command"));
  let spins = MAIN_SPINS;
  while (true) {
    const active = atomic.load<u32>(control, offsetof<Control>("active"));
    if (!active) return;
    if (--spins) continue;
    if (maySleep) atomic.wait<u32>(control + offsetof<Control>("active"), active, MOMENT);
    spins = maySleep ? 1000 : PATIENCE;
    if (stalled()) unreachable();
  }
}

/** Main thread: nobody waits any longer. */
export function stop(): void {
  if (!ASC_FEATURE_THREADS) return;
  atomic.store<u32>(control, 1, offsetof<Control>("stopped"));
  atomic.notify(control + PHASE, -1);
}

/** Worker: waits until another phase than this one is open. False if its command is over. */
function awaitPhase(number: u32): bool {
  let spins = WORKER_SPINS;
  while (atomic.load<u32>(control + PHASE) == number) {
    if (atomic.load<u32>(control, offsetof<Control>("start")) != joined) return false;
    if (!atomic.load<u32>(control, offsetof<Control>("command"))) return false;
    if (--spins) continue;
    if (atomic.load<u32>(control, offsetof<Control>("stopped"))) return false;
    // Not for long: the main thread may end the command without opening another phase.
    atomic.add<u32>(control, 1, offsetof<Control>("sleepers"));
    atomic.wait<u32>(control + PHASE, number, MOMENT);
    atomic.sub<u32>(control, 1, offsetof<Control>("sleepers"));
    spins = 1000;
  }
  return true;
}

/** Worker: sleeps until a phase is open that is not number `last`, then says which command to join, 0 at the end. */
export function join(last: u32): usize {
  if (!ASC_FEATURE_THREADS) return 0;
  let spins = WORKER_SPINS;
  while (!atomic.load<u32>(control, offsetof<Control>("stopped"))) {
    if (atomic.load<u32>(control + PHASE) == last) {
      if (--spins) continue;
      atomic.add<u32>(control, 1, offsetof<Control>("sleepers"));
      atomic.wait<u32>(control + PHASE, last, -1);
      atomic.sub<u32>(control, 1, offsetof<Control>("sleepers"));
      spins = WORKER_SPINS;
      continue;
    }
    last = atomic.load<u32>(control + PHASE);
    // Counted first: the main thread either sees this, or has taken the command away already.
    atomic.add<u32>(control, 1, offsetof<Control>("active"));
    joined = atomic.load<u32>(control, offsetof<Control>("start"));
    const command = atomic.load<u32>(control, offsetof<Control>("command"));
    // `start` is 0 while `command` changes: read twice, it says that the two belong together.
    if (command && joined && atomic.load<u32>(control, offsetof<Control>("start")) == joined) {
      phase = joined - 1;
      scratch = changetype<Control>(control).scratch + threadIndex * changetype<Control>(control).scratchBytes;
      shared = true;
      return command;
    }
    atomic.sub<u32>(control, 1, offsetof<Control>("active"));
  }
  return 0;
}

/** Worker: has left the kernel. Returns the number of the phase that it knows. */
export function part(): u32 {
  if (!ASC_FEATURE_THREADS) return 0;
  atomic.sub<u32>(control, 1, offsetof<Control>("active"));
  return phase;
}
