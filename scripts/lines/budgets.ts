import type { Lines } from "./count.ts"

interface Budgets {
  readonly modules: Readonly<Record<string, Lines>>
  /** The number of source files. */
  readonly files: Readonly<Record<string, number>>
  /** Lines of the longest source file, comments included. */
  readonly longestFile: number
  readonly guides: number
}

/**
 * The largest number of lines and source files of each package and folder. `npm run figures:lines` counts them. A change
 * that needs more raises the number, and states the reason beside it. Lower a budget that has become too wide.
 *
 * Comments state units, cases and what is returned otherwise in sentences of their own.
 */
export const budgets: Budgets = {
  modules: {
    // Access with an end, offboarding, plans of a part, the record of what was applied with its random histories, drift
    // with its actors, and the projects of an organization as a value.
    access: { src: 5955, comments: 2280, tests: 10360 },
    // Records and reviewed plans with their origin; a fake of GitHub.
    action: { src: 990, comments: 180, tests: 1515 },
    // The fields of errors and all signatures of both Effect versions are tested here, and the program by hand is a
    // contender.
    bench: { src: 1730, comments: 170, tests: 565 },
    // Saved results, offboarding with evidence and patch, doctor, the settings that parity finds, the clock of the server,
    // and an organization of 60 checkpoints.
    cli: { src: 7670, comments: 1075, tests: 6650 },
    // Deadlines, rate limiters of a user, and interruptions at every step of one.
    client: { src: 1625, comments: 1025, tests: 2870 },
    // The cases that both Effect versions run, and the failures and random interruptions that their tests share.
    contract: { src: 0, comments: 0, tests: 3185 },
    // The form of printed errors, and errors that are made without a schema.
    core: { src: 375, comments: 460, tests: 445 },
    // Tables of texts, which the test of errors reads.
    docs: { src: 0, comments: 0, tests: 935 },
    // Access as a service, and the public interface of rate limiters.
    effect4: { src: 2135, comments: 1640, tests: 1535 },
    // The nightly check, a service over this library for each Effect version, and workers over Postgres with their
    // endurance run.
    examples: { src: 545, comments: 80, tests: 635 },
    // Requests as text, sessions as actors, texts and headers of each route, and the ledger of evidence.
    fake: { src: 4435, comments: 1460, tests: 3545 },
    // Retirement dates and actors of grants.
    page: { src: 1015, comments: 120, tests: 745 },
    // The rules of the audit log; programs of reads and writes; the fields of errors; invariants of state machines.
    protocol: { src: 3480, comments: 1100, tests: 4750 },
    // Examples, install lines and the bundle are tried from tarballs; a release is rehearsed; documents of the API are
    // compared; words are checked, also of tests and configuration.
    scripts: { src: 2160, comments: 430, tests: 570 },
    // JSON Schemas are generated here.
    "set-up": { src: 510, comments: 60, tests: 0 },
    // The reference is made from the declarations of the compiler.
    site: { src: 1140, comments: 100, tests: 420 },
    // Shared by the tests of all packages.
    tools: { src: 70, comments: 35, tests: 0 },
    // Bodies over time, clients that leave, durations, and the request log of a failed test.
    testing: { src: 640, comments: 425, tests: 960 }
  },
  files: {
    access: 70,
    action: 12,
    cli: 76,
    client: 22,
    core: 9,
    effect4: 32,
    fake: 52,
    page: 13,
    protocol: 39,
    testing: 14
  },
  longestFile: 350,
  guides: 5365
}
