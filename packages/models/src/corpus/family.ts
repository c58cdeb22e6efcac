/** Parents, children, grandparents, friends and the cat. */
export const family = `
妈妈，我的袜子少了一只。
看看床底下。
找到了，还找到了去年丢的铅笔。
床底下是我们家的博物馆。

奶奶，您年轻的时候是做什么的？
我在纱厂上班，一个人看八台机器。
累吗？
累，可是下班路上有卖烤红薯的。

爸爸，你小时候怕黑吗？
怕，所以总让你爷爷讲故事。
现在还怕吗？
现在怕你睡不着。

你家有几口人？
五口：爸爸、妈妈、姐姐、我，还有一只乌龟。
乌龟也算？
它比我还大两岁呢。

妹妹为什么哭了？
她的气球飞走了。
我们再画一个给她吧。
好，画一个飞不走的。

给外婆打电话了吗？
打了，她说院子里的石榴红了。
她身体好吗？
好，就是一直问我们哪天回去。

哥哥，教我下棋吧。
先记住：马走日，象走田。
那我走哪儿？
你走厨房，把橘子端来，我们边吃边下。

妈妈，你为什么总说不饿？
因为看着你吃，我就饱了。
那这块鱼你必须吃。

爷爷又在修收音机了？
修了三天，终于响了。
放的是什么？
是他年轻时候的歌。

弟弟会走路了！
真的？走了几步？
三步，然后坐下来给自己鼓掌。

你和姐姐像吗？
眼睛像，脾气不像。
谁的脾气好？
她要是在旁边，我就说是她。

今年谁包红包给我？
你已经工作了，该你包给别人了。
我能再当一年小孩吗？
在外婆家可以。

家里最忙的人是谁？
是妈妈。
最闲的呢？
是猫，它一天要睡十六个小时。

周末全家做什么？
爸爸钓鱼，妈妈浇花，我负责把鱼放回去。

你的猫叫什么？
叫砚台，因为它黑黑的，总躺在桌上。
叫它会来吗？
不叫的时候会来。

Where is Dad?
In the garden, talking to the tomatoes.
Do they answer?
They turn red.

Grandma, tell me about your school.
It had one room, one stove and thirty of us.
Were you a good pupil?
I was a warm one. I sat by the stove.

Who broke the blue vase?
The cat did it.
The cat is at the vet.
Then it was the wind.

My sister borrowed my coat again.
Does it look good on her?
That is the worst part.

How old is the baby?
Six months, and already in charge.

Mum, can we get a dog?
Who will walk it in the rain?
Dad will.
I heard that.

Do you call your parents often?
Every Sunday. They tell me about the neighbours.
And what do you tell them?
That I am eating well.

What did your grandfather teach you?
To sharpen a pencil with a knife, and to wait for fish.

My brother and I are twins.
Who is older?
I am, by four minutes. He has never caught up.

Why is the cat on the keyboard?
She is helping me write.
What has she written so far?
Eleven letter j's and a question mark.

Dinner is at seven. Tell everyone.
I told the dog. He told everyone.
`;
