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
    // with its actors, the projects of an organization as a value, and reviews of access: the entries that are due, the
    // marks of their access, and the day of a review in the text of a policy.
    access: { src: 6480, comments: 2420, tests: 10820 },
    // Records and reviewed plans with their origin, and approvals; a fake of GitHub, and the workflows of the page about
    // CI, run over a bare repository.
    action: { src: 840, comments: 170, tests: 2925 },
    // The fields of errors and all signatures of both Effect versions are tested here, and the program by hand is a
    // contender.
    bench: { src: 1725, comments: 165, tests: 560 },
    // Saved results, offboarding with evidence and patch, doctor, the settings that parity finds, the clock of the server,
    // an organization of 60 checkpoints, and the command for reviews with its patch.
    cli: { src: 8015, comments: 1120, tests: 7320 },
    // Deadlines, rate limiters of a user, and interruptions at every step of one.
    client: { src: 1560, comments: 1005, tests: 3010 },
    // The cases that both Effect versions run, and the failures and random interruptions that their tests share.
    contract: { src: 0, comments: 0, tests: 3310 },
    // The form of printed errors, and errors that are made without a schema.
    core: { src: 370, comments: 455, tests: 445 },
    // Tables of texts, which the test of errors reads.
    docs: { src: 0, comments: 0, tests: 930 },
    // Access as a service, and the public interface of rate limiters.
    effect4: { src: 2120, comments: 1625, tests: 1620 },
    // The nightly check, a service over this library for each Effect version, and workers over Postgres with their
    // endurance run.
    examples: { src: 545, comments: 75, tests: 635 },
    // Requests as text, sessions as actors, texts and headers of each route, and the ledger of evidence.
    fake: { src: 4430, comments: 1460, tests: 3545 },
    // Retirement dates and actors of grants.
    page: { src: 1040, comments: 125, tests: 810 },
    // The rules of the audit log; programs of reads and writes; the fields of errors; invariants of state machines.
    protocol: { src: 3515, comments: 1125, tests: 4745 },
    // Examples, install lines and the bundle are tried from tarballs; a release is rehearsed; documents of the API are
    // compared; words are checked, also of tests and configuration.
    scripts: { src: 2160, comments: 425, tests: 570 },
    // JSON Schemas are generated here.
    "set-up": { src: 505, comments: 55, tests: 0 },
    // The reference is made from the declarations of the compiler.
    site: { src: 1155, comments: 100, tests: 425 },
    // Shared by the tests of all packages.
    tools: { src: 65, comments: 30, tests: 0 },
    // Bodies over time, clients that leave, durations, and the request log of a failed test.
    testing: { src: 640, comments: 420, tests: 960 }
  },
  files: {
    access: 75,
    action: 13,
    cli: 77,
    client: 22,
    core: 9,
    effect4: 32,
    fake: 52,
    page: 13,
    protocol: 39,
    testing: 14
  },
  longestFile: 350,
  guides: 5330
}
