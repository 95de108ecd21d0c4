"""penchant: a recommendation and personalization engine."""
