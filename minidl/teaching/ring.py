"""The ring of chapter 10 step by step, without processes: what its dial shows."""


def ring_steps(vectors):
    """List what the ranks hold, and who has just sent what, after 0, 1, …, 2 (W − 1) steps.

    There are W ``vectors`` of W pieces; a piece is a number, or whatever can be added. Each entry
    of the list is ``(sent, vectors)``, and ``sent`` lists ``(rank, piece, to)``.
    """
    workers = len(vectors)
    vectors = [list(vector) for vector in vectors]
    states = [([], vectors)]
    for step in range(2 * (workers - 1)):
        before, vectors = vectors, [list(vector) for vector in vectors]
        sent = [(rank, (rank - step) % workers, (rank + 1) % workers) for rank in range(workers)]
        for rank, piece, to in sent:
            kept = before[to][piece] if step < workers - 1 else 0
            vectors[to][piece] = before[rank][piece] + kept
        states.append((sent, vectors))
    return states
