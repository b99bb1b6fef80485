/** Returns a program of Effect 3 for Effect 4, where only the imports differ. */
export const forEffect4 = (code: string): string =>
  code.replace(/"@checkpoint-permissions\/(?:access|client|core|testing)"/g, '"@checkpoint-permissions/effect4"')
