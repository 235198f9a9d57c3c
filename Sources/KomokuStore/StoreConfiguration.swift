package import Komoku

extension Store {
    /// Where the database is.
    package enum Location: Hashable, Sendable {
        /// The path of the file; its directory must exist.
        case file(String)
        /// Nothing outlives the store: for tests and trials.
        case memory
    }

    package enum Durability: String, Hashable, Sendable, CaseIterable {
        /// What is committed survives a power cut.
        case full
        /// What is committed survives a crash of the process; a power cut may cost the last commits.
        case normal
    }

    package struct Configuration: Hashable, Sendable {
        package var location: Location
        /// How long a point may wait for its commit.
        package var commitInterval = Duration.seconds(5)
        package var durability = Durability.full
        /// How long a commit that fails for a moment is tried again before storing counts as impossible: as long as the connection
        /// to the broker waits for it.
        package var commitPatience = Duration.seconds(45)
        /// How old the oldest point of the head becomes before the head is sealed.
        package var sealInterval = Duration.seconds(7200)
        /// Bytes of memory from which on the head is sealed.
        package var headLimit = 24 << 20
        /// How long history is kept; without a rule for ever.
        package var retention: [RetentionRule] = []
        /// Bytes of the file from which on the oldest history goes; nil is any size.
        package var maximumSize: Int?

        package init(location: Location) {
            self.location = location
        }
    }

    /// How a commit ended.
    package enum CommitOutcome: Hashable, Sendable {
        case durable
        /// Storing is impossible at the moment; the points are in memory only. The text says why.
        case unstored(String)
    }

    /// Why the store cannot be opened or read.
    package struct Error: Swift.Error, Hashable, Sendable, CustomStringConvertible {
        /// The file, key or row that it is about.
        package var subject: String
        package var message: String
        /// What to do about it; may be empty.
        package var remedy: String

        static let closed = Error(subject: "the store", message: "it is closed")

        package init(subject: String, message: String, remedy: String = "") {
            self.subject = subject
            self.message = message
            self.remedy = remedy
        }

        package var description: String {
            remedy.isEmpty ? "\(subject): \(message)" : "\(subject): \(message); \(remedy)"
        }
    }
}
