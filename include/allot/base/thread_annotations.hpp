/// Which lock guards what, in words clang's -Wthread-safety checks and every reader understands. Nothing elsewhere.
#pragma once

#if defined(__clang__)
#define ALLOT_DETAIL_THREAD(...) __attribute__((__VA_ARGS__))
#else
#define ALLOT_DETAIL_THREAD(...)
#endif

/// On a class: it is a lock.
#define ALLOT_LOCKABLE ALLOT_DETAIL_THREAD(capability("mutex"))
/// On a class: it holds a lock as long as it lives.
#define ALLOT_SCOPED_LOCKABLE ALLOT_DETAIL_THREAD(scoped_lockable)
/// On a member: touch it only while holding `lock`.
#define ALLOT_GUARDED_BY(lock) ALLOT_DETAIL_THREAD(guarded_by(lock))
/// On a function: the caller holds the lock.
#define ALLOT_REQUIRES_LOCK(...) ALLOT_DETAIL_THREAD(requires_capability(__VA_ARGS__))
/// On a function: it takes the lock, gives it back, or takes it when it returns the given value.
#define ALLOT_TAKES_LOCK(...) ALLOT_DETAIL_THREAD(acquire_capability(__VA_ARGS__))
#define ALLOT_GIVES_LOCK(...) ALLOT_DETAIL_THREAD(release_capability(__VA_ARGS__))
#define ALLOT_TRIES_LOCK(...) ALLOT_DETAIL_THREAD(try_acquire_capability(__VA_ARGS__))
/// On a function: the check cannot follow it, and the comment beside says why it is right.
#define ALLOT_LOCKS_UNCHECKED ALLOT_DETAIL_THREAD(no_thread_safety_analysis)
