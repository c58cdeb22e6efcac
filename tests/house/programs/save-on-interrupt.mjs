// Stands in for a training run: saves on the first SIGINT, gives up on a second one.
let interrupts = 0;
process.on('SIGINT', () => {
  interrupts++;
  console.log(`interrupt ${interrupts}`);
  if (interrupts > 1) process.exit(99);
  setTimeout(() => {
    console.log('saved');
    process.exit(7);
  }, 600);
});
setTimeout(() => process.exit(98), 20_000);
console.log('ready');
