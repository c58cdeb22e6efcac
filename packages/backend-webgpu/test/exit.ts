/** A program that uses the device and ends without calling process.exit; run by device.test.ts. */
import { webgpu } from '../src/index.js';

const device = await webgpu().open();
const buffer = device.createBuffer(16);
device.write(buffer, 0, Float32Array.of(3));
console.log(new Float32Array(await device.read(buffer, 0, 4))[0]);
await device.close();
