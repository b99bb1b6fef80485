/** Times of the audit log to search for the actors of grants. All times are Unix seconds. */

/** A span of time, both ends included. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** The maximum time between the `created_at` of a permission and its event, in seconds. */
export const tolerance = 10 * 60

/** The maximum number of windows of one search: three minutes at ten calls a minute. */
export const maxWindows = 30

/**
 * Returns the windows to search for the grants of permissions with these `created_at`, newest first. Neighboring
 * windows are combined. Times older than the newest 30 windows are left out.
 */
export const windowsOf = (createdAt: Iterable<number>): ReadonlyArray<Window> => {
  const windows: Array<Window> = []
  for (const at of [...new Set(createdAt)].sort((one, other) => other - one)) {
    const newer = windows.at(-1)
    const window = { from: at - tolerance, to: at + tolerance }
    if (newer !== undefined && window.to >= newer.from - 1)
      windows[windows.length - 1] = { ...newer, from: window.from }
    else if (windows.length < maxWindows) windows.push(window)
    else break
  }
  return windows
}

/** Returns true if the event of a permission with this `created_at` lies within one of the windows. */
export const isSearched = (windows: ReadonlyArray<Window>, createdAt: number): boolean =>
  windows.some(({ from, to }) => from <= createdAt - tolerance && createdAt + tolerance <= to)
