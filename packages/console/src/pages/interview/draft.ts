import { useState } from 'react';

/** What was written towards an answer, over reloads of this tab. */
export function useDraft(sessionId: string, questionId: string) {
  const key = `quintet.draft.${sessionId}.${questionId}`;
  const [draft, setDraft] = useState(() => sessionStorage.getItem(key) ?? '');
  return {
    draft,
    write: (text: string) => {
      setDraft(text);
      sessionStorage.setItem(key, text);
    },
    forget: () => sessionStorage.removeItem(key),
  };
}
