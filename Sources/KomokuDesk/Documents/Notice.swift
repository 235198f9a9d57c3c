package import Komoku
package import KomokuWire
internal import Synchronization

/// Something that clients who follow it are told of, beside changes and runs.
package struct Notice: Sendable {
    package enum Audience: Hashable, Sendable {
        case everybody
        /// Those of one user or token; see `Identity.owner`.
        case owner(String)
        case administrators
    }

    package let topic: FollowRequest.Topic
    package let audience: Audience
    /// `{"document":{…}}`.
    package let json: JSON

    package init(_ topic: FollowRequest.Topic, for audience: Audience, _ json: JSON) {
        (self.topic, self.audience, self.json) = (topic, audience, json)
    }

    package func isFor(_ owner: String, _ rights: Rights) -> Bool {
        switch audience {
        case .everybody: true
        case .owner(let name): name.utf8.elementsEqual(owner.utf8)
        case .administrators: rights.isAdmin
        }
    }
}

/// Where notices are posted, for whoever follows them at the moment. For any thread.
package final class NoticeBoard: Sendable {
    package typealias Follower = @Sendable (Notice) -> Void

    private struct State {
        var followers: [Int: Follower] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// - Parameter follower: called on any thread; does not block.
    /// - Returns: what ends it.
    package func follow(_ follower: @escaping Follower) -> Int {
        state.withLock { state in
            state.next += 1
            state.followers[state.next] = follower
            return state.next
        }
    }

    package func unfollow(_ number: Int) { state.withLock { _ = $0.followers.removeValue(forKey: number) } }

    func post(_ notice: Notice) {
        let followers = state.withLock { Array($0.followers.values) }
        for follower in followers { follower(notice) }
    }
}

extension Identity {
    /// What is kept for him is under this name: `user anna`; empty where nobody has a name.
    package var owner: String { label ?? "" }
}
