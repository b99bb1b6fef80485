/**
 * The time that a server follows.
 *
 * @since 0.1.0
 */
export type { Clock } from "./internal/clock/clock.ts"
export { type EventLoop, type EventLoopOptions, eventLoop } from "./internal/clock/eventLoop.ts"
export { type ManualClock, manual } from "./internal/clock/manual.ts"
export { real } from "./internal/clock/real.ts"
export { type ShiftedClock, shifted } from "./internal/clock/shifted.ts"
export type { ShuffleOptions } from "./internal/clock/shuffle.ts"
export type { VirtualClock } from "./internal/clock/virtual.ts"
