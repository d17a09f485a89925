"""Training by the modules' own methods, as :func:`minidl.train_epoch` does it."""


class Methods:
    """The way for any modules; the others have the methods of this one."""

    def __init__(self, model, loss, lr, accumulate=None):
        self.model, self.loss, self.lr, self.accumulate = model, loss, lr, accumulate

    def prepare(self, x, y):
        """Return samples and targets as the other methods want them: as they are."""
        return x, y

    def epoch(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        losses = []
        for x, y in batches:
            self.model.zero_grad()
            losses.append(self.accumulate(self.model, self.loss, x, y))
            self.model.gradient_step(self.lr)
        return losses

    def predict(self, x):
        """Return the network's output for prepared samples."""
        self.store()
        return self.model.forward(x)

    def store(self):
        """Let the modules hold what was reached: they do."""
