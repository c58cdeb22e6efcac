/**
 * What `npm test` and `npm start` share: where the workspace is, how pnpm and the tools in it are called, and
 * what is installed and built already. Plain JavaScript, since it runs before anything is installed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const cacheFolder = join(root, 'node_modules', '.cache', 'inkstone');

/** @param {string} file a JSON file, relative to the root */
const readJson = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));

/** Ends with one line when this Node is older than package.json's `engines` says. */
export function requireNode() {
  /** @type {string} */
  const range = readJson('package.json').engines.node;
  const wanted = range.replace(/^\D+/, '');
  const [major = 0, minor = 0] = wanted.split('.').map(Number);
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  console.error(`Inkstone needs Node ${wanted} or later; this is Node ${process.versions.node}.`);
  process.exit(1);
}

/**
 * A command line, to be spawned as it is.
 * @typedef {{ command: string, args: string[] }} CommandLine
 */

/**
 * pnpm at the version that package.json names, through the npm that runs us, so that a machine needs only
 * Node and npm. A script that pnpm runs finds this pnpm on its PATH, which turbo relies on.
 *
 * @param {string[]} args
 * @returns {CommandLine}
 */
export function pnpm(...args) {
  /** @type {string} */
  const version = readJson('package.json').packageManager;
  const npx = ['--yes', `--package=${version}`, '--', 'pnpm', ...args];
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.c?js$/.test(npm)) return { command: process.execPath, args: [npm, 'exec', ...npx] };
  return { command: process.platform === 'win32' ? 'npx.cmd' : 'npx', args: npx };
}

/**
 * A tool of the root package.json, run by this Node.
 *
 * @param {string} name the package's name, which is its command's too unless `command` says otherwise
 * @param {string[]} args
 * @param {string} [command]
 * @returns {CommandLine}
 */
export function tool(name, args, command = name.replace(/^@.*\//, '')) {
  const file = join(root, 'node_modules', name, 'package.json');
  const { bin } = JSON.parse(readFileSync(file, 'utf8'));
  const script = typeof bin === 'string' ? bin : bin[command];
  return { command: process.execPath, args: [join(dirname(file), script), ...args] };
}

/**
 * The environment of every tool: none reports home, none asks whether there is a newer version.
 * @type {Record<string, string>}
 */
export const quietEnvironment = {
  DO_NOT_TRACK: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  NO_UPDATE_NOTIFIER: '1',
  npm_config_update_notifier: 'false',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
  // Colours are for a terminal; some tools colour a log file as well.
  ...(process.stdout.isTTY || process.env.FORCE_COLOR ? {} : { NO_COLOR: '1' }),
};

/** The folders of all workspace packages, relative to the root, as pnpm-workspace.yaml lists them. */
export function workspaceFolders() {
  const yaml = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const globs = yaml.match(/^packages:\n((?: +- .*\n)*)/m)?.[1]?.matchAll(/- *(\S+)/g) ?? [];
  const folders = [...globs].flatMap(([, glob = '']) => {
    if (!glob.endsWith('/*')) return [glob];
    const parent = glob.slice(0, -2);
    return readdirSync(join(root, parent)).map((name) => join(parent, name));
  });
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json')));
}

/**
 * A digest of what an install depends on: the lockfile and every manifest.
 * @returns {string}
 */
function installFingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    hash.update(readFileSync(join(root, file)));
  }
  for (const folder of workspaceFolders()) hash.update(readFileSync(join(root, folder, 'package.json')));
  return `${process.platform} ${process.arch} ${hash.digest('hex')}`;
}

/**
 * Whether this install was done before, and nothing that it depends on has changed since.
 * @param {'all' | 'cli'} scope everything, or only what the command needs
 */
export function isInstalled(scope) {
  const print = installFingerprint();
  // Whoever has everything has what the command needs.
  return readStamp('installed-all') === print || (scope === 'cli' && readStamp('installed-cli') === print);
}

/** @param {'all' | 'cli'} scope */
export function markInstalled(scope) {
  writeStamp(`installed-${scope}`, installFingerprint());
}

/** The packages that the command is made of, and the files that their builds depend on. */
const commandFolders = [
  'apps/cli',
  'packages/models',
  'packages/tokenizer',
  'packages/core',
  'packages/backend-cpu',
  'packages/backend-webgpu',
];
const notSources = new Set(['node_modules', 'dist', 'test', '.turbo', 'coverage']);

/**
 * A digest of names, sizes and times of what the command is built from.
 * @returns {string}
 */
function commandFingerprint() {
  const hash = createHash('sha256').update(installFingerprint());
  /** @param {string} folder */
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (notSources.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else {
        const { size, mtimeMs } = statSync(join(root, path));
        hash.update(`${path} ${size} ${mtimeMs}\n`);
      }
    }
  };
  commandFolders.forEach(visit);
  return hash.digest('hex');
}

/** Whether the command was built from the sources as they are, and its files are still there. */
export function isCommandBuilt() {
  const built = commandFolders.every((folder) => existsSync(join(root, folder, 'dist')));
  return built && existsSync(commandFile) && readStamp('built-cli') === commandFingerprint();
}

export function markCommandBuilt() {
  writeStamp('built-cli', commandFingerprint());
}

/** The built command. */
export const commandFile = join(root, 'apps', 'cli', 'dist', 'inkstone.js');

/** @param {string} name */
function readStamp(name) {
  const file = join(cacheFolder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/**
 * @param {string} name
 * @param {string} text
 */
function writeStamp(name, text) {
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(join(cacheFolder, name), text);
}
