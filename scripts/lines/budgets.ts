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
    // Access with an end, offboarding, plans of a part, executed plans, drift with its actors, and model permissions.
    access: { src: 5675, comments: 2100, tests: 9410 },
    // Merges, the last apply and reviewed plans as decisions; a fake of GitHub, and random histories of merges.
    action: { src: 955, comments: 170, tests: 1650 },
    // The fields of errors of both Effect versions are tested here, and the program by hand is a contender.
    bench: { src: 1765, comments: 170, tests: 255 },
    // Ids against the projects of the organization, saved results, offboarding with evidence and patch, doctor,
    // recordings, and twenty planted mistakes.
    cli: { src: 7670, comments: 1090, tests: 6310 },
    // Rate limiters of a user, and interruptions at every step of one.
    client: { src: 1500, comments: 1000, tests: 2880 },
    // The cases that both Effect versions run, and the failures and random interruptions that their tests share.
    contract: { src: 0, comments: 0, tests: 2830 },
    // The form of printed errors, and errors that are made without a schema.
    core: { src: 360, comments: 450, tests: 575 },
    // Tables of texts, which the test of errors reads.
    docs: { src: 0, comments: 0, tests: 760 },
    // Access as a service, and the public interface of rate limiters.
    effect4: { src: 2010, comments: 1600, tests: 1430 },
    // The nightly check, a service over this library for each Effect version, and workers over Postgres with their
    // endurance run.
    examples: { src: 510, comments: 75, tests: 630 },
    // Requests as text, sessions as actors, texts and headers of each route, and the ledger of evidence.
    fake: { src: 4390, comments: 1450, tests: 3520 },
    // Retirement dates, actors of grants, and model permissions.
    page: { src: 1015, comments: 120, tests: 740 },
    // The rules of the audit log; programs of reads and writes; the fields of errors; invariants of state machines.
    protocol: { src: 3375, comments: 1040, tests: 4585 },
    // Examples, install lines and the bundle are tried from tarballs; documents of the API are compared; words are
    // checked.
    scripts: { src: 1715, comments: 370, tests: 500 },
    // JSON Schemas are generated here.
    "set-up": { src: 530, comments: 60, tests: 0 },
    // The reference is made from the declarations of the compiler.
    site: { src: 1100, comments: 100, tests: 380 },
    // Shared by the tests of all packages.
    tools: { src: 40, comments: 20, tests: 0 },
    // Bodies over time, clients that leave, durations, and the request log of a failed test.
    testing: { src: 595, comments: 405, tests: 935 }
  },
  files: {
    access: 67,
    action: 12,
    cli: 76,
    client: 20,
    core: 8,
    effect4: 31,
    fake: 52,
    page: 13,
    protocol: 40,
    testing: 12
  },
  longestFile: 350,
  guides: 5250
}
