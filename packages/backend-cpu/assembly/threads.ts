/**
 * Who does what. Every thread runs the same commands; work that can be shared is dealt as numbered tasks.
 */

/** This instance's place among the threads, 0 for the one that the user's program runs on. */
export let threadIndex: u32 = 0;
export let threadCount: u32 = 1;
/** This thread's own scratch memory. */
export let scratch: usize = 0;

/** Whether the command that runs is shared by all threads (else it is this thread's alone). */
export let shared: bool = false;

export function setThread(index: u32, count: u32, scratchAddress: usize): void {
  threadIndex = index;
  threadCount = count;
  scratch = scratchAddress;
}

export function setShared(value: bool): void {
  shared = value;
}

/** The first task of this thread. Use: for (let t = firstTask(); t < tasks; t = nextTask(t)). */
// @ts-ignore: decorator
@inline
export function firstTask(): u32 {
  return 0;
}

// @ts-ignore: decorator
@inline
export function nextTask(task: u32): u32 {
  return task + 1;
}

/** All threads that share the command meet here; what each wrote before is seen by all after. */
// @ts-ignore: decorator
@inline
export function barrier(): void {}
