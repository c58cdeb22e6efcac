export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** One line: who, how long, how many tokens a second, how many times as long as this package. */
export function row({ family, language, peer, ms, tokensPerSecond, ratio }) {
  const columns = [
    family.padEnd(14),
    language.padEnd(8),
    peer.padEnd(26),
    `${ms.toFixed(1)} ms`.padStart(11),
  ];
  return [
    ...columns,
    `${(tokensPerSecond / 1e6).toFixed(2)} M tokens/s`.padStart(17),
    `${ratio.toFixed(1)} x`.padStart(8),
  ].join(' ');
}
