/** What a module of the benchmark says to its parent: see child.ts. */
export interface Said {
  answer?: unknown;
  error?: string;
}

/** In the module itself: says that it is ready, then answers each question. */
export function answerParent(answer: (question: unknown) => unknown): void {
  const say = (said: Said) => process.send?.(said);
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ question }: { question: unknown }) => {
    void (async () => {
      try {
        say({ answer: await answer(question) });
      } catch (error) {
        say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    })();
  });
  say({});
}
