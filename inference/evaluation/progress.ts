/** What is needed of a terminal or a file to show progress on. */
interface Screen {
  readonly isTTY?: boolean;
  readonly write: (text: string) => unknown;
}

const WIDTH = 30;
/** Without a terminal, one line every so many percent. */
const LINE_EVERY = 10;

/** A progress bar over `total` steps: drawn in place on a terminal, a line every tenth elsewhere. */
export function showProgress(screen: Screen, total: number): { step: () => void; end: () => void } {
  let done = 0;
  let shown = -1;
  return {
    step: () => {
      done += 1;
      const percent = Math.floor((100 * done) / total);
      const mark = screen.isTTY === true ? percent : Math.floor(percent / LINE_EVERY);
      if (mark === shown) return;
      shown = mark;
      const filled = Math.round((WIDTH * done) / total);
      const bar = `${"█".repeat(filled)}${"·".repeat(WIDTH - filled)} ${done}/${total}`;
      screen.write(screen.isTTY === true ? `\r${bar}` : `${bar}\n`);
    },
    end: () => {
      if (screen.isTTY === true) screen.write("\n");
    },
  };
}
