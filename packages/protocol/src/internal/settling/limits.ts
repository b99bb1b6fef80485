/** How far a grant goes before it is given up. Times are milliseconds. */
export const limits = {
  /** The most projects that one create is given. */
  projectsPerCreate: 100,
  /** How often a listing that cannot be trusted is begun anew. */
  restarts: 3,
  /** When to read again what a create was answered with and a listing does not show. */
  lagDelays: [1000, 2000, 4000, 8000, 15_000],
  /** The first delay, and how many there are, before a create is sent again that may have been executed. */
  resendDelay: 1000,
  resends: 4,
  /** Rounds of creates after which projects that somebody else revokes each time are left. */
  rounds: 5,
  /** A double is deleted only by a reading of its project that is younger than this. */
  doubleMaxAge: 60_000,
  /** Readings after which a project whose permissions change each time is given up. */
  doubleReadings: 10,
  /** Deletes, and projects with doubles, at once. */
  concurrency: 8
} as const
