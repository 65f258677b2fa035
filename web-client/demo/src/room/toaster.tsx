import { useStore } from '../hooks/use-store.ts';
import type { NoticeBoard } from '../session/notice-board.ts';

/** What happened lately. A polite live region: each message is read once, when there is a pause. */
export function Toaster({ board }: { board: NoticeBoard }) {
  const notices = useStore(board);
  return (
    <div className="toaster" role="log" aria-live="polite" aria-label="News" aria-relevant="additions">
      {notices.map((notice) => (
        <p className="toast" key={notice.id}>
          {notice.text}
        </p>
      ))}
    </div>
  );
}
