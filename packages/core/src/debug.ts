/** '@inkstone/core/debug': finding where a NaN or an infinity comes from. */
import { watchNumbers } from './debug/watch.js';
import { type Device, defaultDevice } from './device.js';

/**
 * Looks for the op that first makes a NaN or an infinity. From here on the device runs each op as it is called
 * (`device.eager`), with the same values but slowly, and looks at each result there; the next read rejects and names the
 * op, the shapes of its inputs, the path of the module that called it and the line, and for a backward pass the op whose
 * gradient it is. The environment variable `INKSTONE_EAGER=1` does the same for every device that is opened.
 *
 * What counts: a NaN where no input has one, and an infinity where no input has one. What does not: infinities and NaN
 * that the program itself puts there, as masks do (`maskedFill(mask, -Infinity)`, `full`, `where`, arithmetic with such a
 * number, data), and what infinities make of them but for NaN (`softmax` of a masked row). PyTorch's `detect_anomaly`
 * looks at NaN in the backward pass only; this is `jax_debug_nans` and `jax_debug_infs` together.
 *
 * @param mode false ends it, and eager mode too.
 * @example
 * detectAnomaly();
 * const loss = model.forward(x).log().mean();
 * await loss.item(); // Error: log: made an infinity from inputs of shapes [8, 65] (at ...)
 */
export function detectAnomaly(mode = true, options: { device?: Device } = {}): void {
  const { device = defaultDevice() } = options;
  watchNumbers(device, mode);
}
