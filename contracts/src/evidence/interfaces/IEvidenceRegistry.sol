// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who signed what an honest member never signs (protocol §9.1)
/// @notice Two signed messages convict their sender: nothing else is asked, and nobody is trusted.
/// A committee is named by the digest of its canonical parameters, which every message carries, so
/// anybody may register one and nobody can register a false one under its name.
interface IEvidenceRegistry {
    /// @notice What an honest member never signs both of.
    enum Kind {
        TWO_OBSERVATIONS,
        TWO_LATE_NOTICES,
        TWO_PROPOSALS_OF_ONE_RANK,
        TWO_SHARES_IN_ONE_SLOT,
        TWO_REPORT_DIGESTS
    }

    /// @notice A member that was convicted.
    /// @param identity Address of its identity key
    /// @param convictedAt When, in seconds of Unix time; 0 for a member that was not
    /// @param kind By what
    /// @param times How often; each time by evidence that came sooner after its round
    /// @param reporter Who sent the messages
    /// @param round Of the messages
    /// @param openedMs When that round opened by the committee's clock, in milliseconds
    struct Conviction {
        address identity;
        uint48 convictedAt;
        Kind kind;
        uint32 times;
        address reporter;
        uint64 round;
        uint64 openedMs;
    }

    /// @notice The members of a committee are known from now on.
    /// @param identities Addresses of their identity keys, by index
    event CommitteeRegistered(bytes32 indexed committee, address[] identities);

    /// @notice A member was convicted.
    event MemberConvicted(
        bytes32 indexed committee,
        uint256 indexed member,
        address indexed identity,
        uint256 round,
        Kind kind,
        address reporter
    );

    /// @notice Nobody registered this committee.
    error CommitteeUnknown(bytes32 given);
    /// @notice The committee is registered already.
    error CommitteeKnown(bytes32 given);
    /// @notice There must be one ordinate for each member.
    error OrdinatesMismatch(uint256 given, uint256 expected);
    /// @notice This is not the ordinate of the member's key.
    error OrdinateInvalid(uint256 member);
    /// @notice The committee has no such member.
    error MemberUnknown(uint256 given, uint256 limit);
    /// @notice The named member did not sign the message.
    /// @param message 0 for the first, 1 for the second
    error NotSigned(uint256 message);
    /// @notice Different members sent the messages.
    error SendersDiffer(uint256 first, uint256 second);
    /// @notice The messages are of different rounds.
    error RoundsDiffer(uint256 first, uint256 second);
    /// @notice The messages are of different kinds.
    error TypesDiffer(uint256 first, uint256 second);
    /// @notice Both say the same; only their signatures may differ.
    error ContentsEqual();
    /// @notice Proposals of two ranks, or shares of one report in two slots.
    error NoConflict();
    /// @notice The member is convicted already, by evidence that came as soon after its round or
    /// sooner.
    error AlreadyConvicted(bytes32 committee, uint256 member);

    /// @notice Makes the members of a committee known.
    /// @param parameters Its canonical bytes (protocol §3)
    /// @param ordinates Of the members' identity keys, by index
    function registerCommittee(bytes calldata parameters, uint256[] calldata ordinates)
        external
        returns (bytes32 committee);

    /// @notice Convicts the member that signed both messages. Of one that is convicted already only
    /// evidence is taken that comes sooner after its round, and takes the other's place: whoever
    /// asks for evidence within a time finds it, whatever else the member convicted itself of.
    /// @param parameters Canonical bytes of the registered committee
    /// @param first A message with its signature, as it travels
    /// @param second Another one; the order of the two does not matter
    function convict(bytes calldata parameters, bytes calldata first, bytes calldata second)
        external
        returns (uint256 member);

    /// @notice Whom two messages convict, and of what, as if for the first time; reverts by name
    /// when they convict nobody.
    function judge(bytes calldata parameters, bytes calldata first, bytes calldata second)
        external
        view
        returns (bytes32 committee, uint256 member, Conviction memory conviction);

    /// @notice How a member was convicted, by the evidence that came soonest after its round; all
    /// zero for one that was not.
    function convictionOf(bytes32 committee, uint256 member)
        external
        view
        returns (Conviction memory);

    /// @notice How many times a key was convicted, in any committee.
    function convictionsOf(address identity) external view returns (uint256);

    /// @notice The address of a member's identity key.
    function identityOf(bytes32 committee, uint256 member) external view returns (address);

    /// @notice The members of a committee by index; empty when nobody registered it.
    function identitiesOf(bytes32 committee) external view returns (address[] memory);
}
