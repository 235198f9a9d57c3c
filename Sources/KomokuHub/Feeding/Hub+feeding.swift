internal import Komoku
internal import KomokuStore

/// Which source of the configuration feeds which key: kept with the key, since the source's options are the key's also
/// before the next message.
extension Hub {
    func feeding(of key: KeyID) -> Feeding { feedings[key] ?? .nobody }

    func feed(_ key: KeyID, by feeding: Feeding) {
        feedings[key] = feeding == .nobody ? nil : feeding
    }

    /// Notes that messages of a feed come to a key.
    func note(_ feed: Feed, at index: Int) {
        let id = states[index].id
        guard let source = feed.source, configuration.sources.isBetter(source, than: feeding(of: id)) else { return }
        feedings[id] = .source(source.text)
        batch.keys.append(record(at: index))
        refreshSettings(at: index)
    }

    /// A key as the database holds it.
    func record(at index: Int) -> KeyRecord {
        let state = states[index]
        return KeyRecord(
            id: state.id, name: state.name, type: state.type, options: state.settings.defined.defined,
            created: state.created, source: feeding(of: state.id).kept)
    }
}
