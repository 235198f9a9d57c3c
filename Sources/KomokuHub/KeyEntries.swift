package import Komoku

extension Hub.Configuration {
    /// The entries of `keys` in the order of the file, found by the keys that they are for.
    package struct KeyEntries: Hashable, Sendable {
        private var all: [KeyEntry] = []
        /// Indices of the entries that name one key.
        private var named: [KeyName: [Int]] = [:]
        /// Indices of those with wildcards.
        private var patterns: [Int] = []

        package mutating func append(_ entry: KeyEntry) {
            if let name = entry.pattern.name {
                named[name, default: []].append(all.count)
            } else {
                patterns.append(all.count)
            }
            all.append(entry)
        }

        /// The entry that names the very key.
        package func entry(named name: KeyName) -> KeyEntry? { named[name]?.first.map { all[$0] } }

        /// The entries that match, least specific first.
        func matching(_ name: KeyName) -> [KeyEntry] {
            let indices = patterns.filter { all[$0].pattern.matches(name) } + (named[name] ?? [])
            return indices.sorted().map { all[$0] }.sorted { $0.pattern < $1.pattern }
        }
    }
}

extension Hub.Configuration.KeyEntries: RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Hub.Configuration.KeyEntry...) {
        for entry in elements { append(entry) }
    }

    package var startIndex: Int { all.startIndex }
    package var endIndex: Int { all.endIndex }

    /// The pattern of an entry stays as it is.
    package subscript(index: Int) -> Hub.Configuration.KeyEntry {
        get { all[index] }
        set {
            precondition(newValue.pattern == all[index].pattern, "an entry is for the keys that it was made for")
            all[index] = newValue
        }
    }
}
