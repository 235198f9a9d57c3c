import Testing

@testable import KomokuMQTT

@Suite struct UnacknowledgedMessagesTests {
    @Test(arguments: [false, true])
    func `an acknowledgement that a dead network took does not count`(isDelivered: Bool) {
        var messages = UnacknowledgedMessages()
        var known = [messages.insert(1, hash: 10, at: 0)]
        messages.acknowledged()
        #expect(messages.isEmpty && messages.areOnTheirWay)
        if isDelivered { messages.delivered() }
        known.append(messages.insert(2, hash: 20, at: 0))
        messages.interrupted()
        // The broker sends again what it takes for unacknowledged; an id that it knows to be free is used anew.
        if !isDelivered { known.append(messages.insert(1, hash: 10, at: 0)) }
        known.append(messages.insert(2, hash: 20, at: 0))
        if isDelivered { known.append(messages.insert(1, hash: 10, at: 0)) }
        #expect(known == (isDelivered ? [false, false, true, false] : [false, false, true, true]))
    }
}
