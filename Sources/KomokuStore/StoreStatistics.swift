extension Store {
    /// What the store did since it was opened, and how much it holds.
    package struct Statistics: Hashable, Sendable {
        /// Transactions that held puts or other rows of a batch.
        package var commits = 0
        /// How long they took.
        package var commitTimes = TimeHistogram()
        /// Puts that were committed since the store was opened.
        package var durablePuts = 0
        /// Puts that were appended and are in no commit yet.
        package var pendingPuts = 0
        /// Puts that were dropped because storing was impossible for too long.
        package var droppedPuts = 0
        /// Rows and bytes of the journal as it stands.
        package var journalRows = 0
        package var journalBytes = 0
        /// Bytes of all journal rows written since the store was opened.
        package var journalBytesWritten = 0
        /// All points that are stored or wait for it, those of earlier runs too. A point in memory that will replace one
        /// in a block counts beside it until it is sealed; those of a deleted key count until its blocks are removed.
        package var points = 0
        /// Points in memory, not yet in blocks.
        package var headPoints = 0
        package var headBytes = 0
        package var seals = 0
        /// Points written to blocks since the store was opened, and the bytes of those blocks.
        package var sealedPoints = 0
        package var sealedBytes = 0
        /// Points that merge passes moved into blocks, dropped for their age, and dropped because the file was too large,
        /// since the store was opened.
        package var mergedPoints = 0
        package var expiredPoints = 0
        package var cappedPoints = 0
        /// Points that came for hours of which only sums are left, and were left out, since the store was opened.
        package var leftOutPoints = 0
        /// Journal rows and blocks that could not be read and were left out.
        package var corruptJournalRows = 0
        package var corruptBlocks = 0
        package var deadLetters = 0
        /// Bytes of the database file and its write-ahead log.
        package var fileBytes = 0
        /// False while the disk takes nothing.
        package var isStoring = true
        /// Why storing failed the last time; nil when it works.
        package var lastError: String?

        package init() {}
    }
}
