public import KomokuWire

extension Client {
    /// The rooms of the house, in their order.
    public func rooms() async throws(ClientError) -> [RoomDescription] {
        try await ask(.rooms, for: RoomsList.self).rooms
    }
}
