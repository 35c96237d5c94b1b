"""Training of Signalbox's embedded router: data, model, evaluation and export."""
