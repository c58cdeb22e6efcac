/** What the page remembers between visits: its language and theme, in this browser only. */

const prefix = 'inkstone.';

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null; // storage is switched off in this browser
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // Storage is switched off or full: the choice holds for this visit.
  }
}
